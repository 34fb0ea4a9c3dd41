/** What a person may do about a message by hand. */
export type ByHand = 'notice' | 'delete' | 'cool_off' | 'remove';

/** What each needs of the channel; a word to the writer finds a way everywhere. */
export const needs: Record<ByHand, string | null> = { notice: null, delete: 'delete_message', cool_off: 'restrict', remove: 'remove' };

/** How hard each is, and for what it can be given: the reason that the writer is told. */
export const answers: Record<ByHand, { tone: 'gentle' | 'neutral'; kinds: [string, ...string[]] }> = {
  notice: { tone: 'gentle', kinds: ['off_topic', 'flood', 'insult'] },
  delete: { tone: 'gentle', kinds: ['advert', 'contact', 'card', 'word'] },
  cool_off: { tone: 'neutral', kinds: ['insult', 'quarrel', 'flood'] },
  remove: { tone: 'neutral', kinds: ['advert', 'contact', 'card', 'word'] },
};
