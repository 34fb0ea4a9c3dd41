/** The path of the first run; each step ends with something real. */
export const steps = ['workspace', 'group', 'import', 'health', 'go'] as const;
export type Step = (typeof steps)[number];
