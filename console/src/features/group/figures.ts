import type { Figure, HealthReport, PeopleFigure } from '../../api/contract';

type FigureKey = { [K in keyof HealthReport]-?: HealthReport[K] extends Figure ? K : never }[keyof HealthReport];

export interface FigureSpec {
  key: FigureKey;
  unit: 'count' | 'percent' | 'decimal';
  rise: 'good' | 'bad' | 'plain';
  people: PeopleFigure | null;
}

/** The figures of a health report in the order they are read. */
export const figures: FigureSpec[] = [
  { key: 'vitality', unit: 'decimal', rise: 'good', people: 'contributors' },
  { key: 'contributors', unit: 'count', rise: 'good', people: 'contributors' },
  { key: 'contributor_share', unit: 'percent', rise: 'good', people: 'contributors' },
  { key: 'active_members', unit: 'count', rise: 'good', people: 'active_members' },
  { key: 'messages', unit: 'count', rise: 'plain', people: 'active_members' },
  { key: 'two_way_ratio', unit: 'percent', rise: 'plain', people: null },
  { key: 'per_operator_message', unit: 'decimal', rise: 'good', people: null },
  { key: 'top10_share', unit: 'percent', rise: 'plain', people: 'top10' },
  { key: 'gini', unit: 'decimal', rise: 'plain', people: 'top10' },
  { key: 'arrivals', unit: 'count', rise: 'good', people: 'arrivals' },
  { key: 'leavers', unit: 'count', rise: 'bad', people: 'leavers' },
  { key: 'members', unit: 'count', rise: 'plain', people: 'silent' },
  { key: 'advert_share', unit: 'percent', rise: 'bad', people: 'adverts' },
  { key: 'off_topic_share', unit: 'percent', rise: 'bad', people: 'off_topic' },
];

/** The first five of a short board. */
export const headline: FigureKey[] = ['vitality', 'contributors', 'active_members', 'arrivals', 'leavers'];

/** Points of a Lorenz curve from shares that people hold, fewest first: (share of people, share of messages). */
export function lorenz(amounts: number[]): [number, number][] {
  const sorted = amounts.filter((amount) => amount >= 0).toSorted((a, b) => a - b);
  const total = sorted.reduce((sum, amount) => sum + amount, 0);
  if (sorted.length === 0 || total === 0) return [];
  let held = 0;
  return [[0, 0], ...sorted.map((amount, index): [number, number] => {
    held += amount;
    return [(index + 1) / sorted.length, held / total];
  })];
}
