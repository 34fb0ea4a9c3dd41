import { useShade } from './shade';

/** Quiet colours that tags, states and pictures share. */
export interface Palette { jade: string; blue: string; amber: string; red: string; grey: string; ink: string; faint: string; line: string }

const light: Palette = { jade: '#1f8a70', blue: '#3b74b8', amber: '#b97a10', red: '#c4433a', grey: '#8a9491', ink: '#24302c', faint: '#66726d', line: '#e4e9e6' };
const dark: Palette = { jade: '#4cc3a2', blue: '#7eb0ea', amber: '#e0ac55', red: '#ee8079', grey: '#8c9894', ink: '#e6ece9', faint: '#9aa7a2', line: '#2c3532' };

export function usePalette(): Palette {
  return useShade().dark ? dark : light;
}
