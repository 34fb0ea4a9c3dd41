import type { Speak } from './speak';

/** A place as the server names it, `column 订单号, line 2`, in the words of the reader. */
export function placeWords(at: string, { t, list }: Pick<Speak, 't' | 'list'>): string {
  const found = /^(?:column (?<column>.+), )?line (?<line>\d+)(?:, byte (?<byte>\d+))?$/.exec(at)?.groups;
  if (!found) return at;
  const { column, line, byte } = found;
  return list([
    column ? t('kit.at_column', { column }) : '',
    t('kit.at_line', { line }),
    byte ? t('kit.at_byte', { byte }) : '',
  ].filter(Boolean));
}
