import { createContext, useContext } from 'react';

/** What the workspace fixes for every figure on the screen. */
export interface WorkspaceTerms { zone: string; currency: string }

export const Terms = createContext<WorkspaceTerms>({ zone: 'Asia/Shanghai', currency: 'CNY' });

export function useWorkspaceTerms(): WorkspaceTerms {
  return useContext(Terms);
}
