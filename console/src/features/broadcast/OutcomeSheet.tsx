import { Skeleton } from 'antd';
import type { BroadcastOutcome } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { FigureTile } from '../../kit/FigureTile';
import { Trouble } from '../../kit/Trouble';
import { priceOf } from './outcome';
import { useOutcome } from './queries';

const figures = ['messages', 'orders', 'amount_minor', 'leavers'] as const;

function Price({ outcome }: { outcome: BroadcastOutcome }) {
  const { t, exactMoney, exact } = useSpeak();
  const price = priceOf(outcome);
  if (!price) return <p className="quiet">{t('broadcast.outcome.worth_unknown')}</p>;
  return (
    <>
      <p className="price">{t('broadcast.outcome.price', { income: exactMoney(price.income_minor), leavers: exact(price.leavers), worth: exactMoney(price.worth_minor), net: exactMoney(price.net_minor) })}</p>
      <p className="quiet">{t('broadcast.outcome.reckoned')}</p>
    </>
  );
}

/** What it brought in the day after, beside a usual day, and what the leavers cost. req: 003-110 */
export function OutcomeSheet({ id }: { id: string }) {
  const { t, count, money } = useSpeak();
  const query = useOutcome(id, true);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const outcome = query.data;
  if (outcome.groups === 0) return null;
  return (
    <section className="sheet" aria-labelledby="outcome">
      <h2 id="outcome">{t('broadcast.outcome')}</h2>
      <p className="quiet">{t('broadcast.outcome.text', { count: outcome.groups, n: count(outcome.groups) })}</p>
      {outcome.running > 0 ? <p className="warn-text">{t('broadcast.outcome.running', { count: outcome.running, n: count(outcome.running) })}</p> : null}
      <div className="tiles">
        {figures.map((key) => {
          const format = key === 'amount_minor' ? money : count;
          const { day, usual } = outcome[key];
          return <FigureTile key={key} name={t(`broadcast.outcome.${key}`)} value={day} format={format} previous={usual} against={t('broadcast.outcome.usual', { n: format(usual) })} rise={key === 'leavers' ? 'bad' : 'good'} formula={t('broadcast.outcome.formula')} />;
        })}
      </div>
      <Price outcome={outcome} />
    </section>
  );
}
