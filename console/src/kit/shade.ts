import { createContext, useContext } from 'react';

export type ShadeChoice = 'light' | 'dark' | 'system';
export interface ShadeState { choice: ShadeChoice; dark: boolean; choose: (choice: ShadeChoice) => void }

export const Shade = createContext<ShadeState>({ choice: 'system', dark: false, choose: () => undefined });

export function useShade(): ShadeState {
  return useContext(Shade);
}
