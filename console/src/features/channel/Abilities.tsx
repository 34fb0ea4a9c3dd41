import { CheckOutlined, CloseOutlined } from '@ant-design/icons';
import { Skeleton } from 'antd';
import type { ChannelProfile } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { useProfiles } from './queries';

function LimitList({ limits }: { limits: ChannelProfile['limits'] }) {
  const { t, count } = useSpeak();
  if (limits.length === 0) return <p className="quiet">{t('channel.limits_none')}</p>;
  return (
    <>
      <ul className="limits">
        {limits.map((limit) => (
          <li key={limit.code}>
            <p>{t(`channel.limit.${limit.code}`, { n: limit.count === null ? '' : count(limit.count), m: limit.other === null ? '' : count(limit.other) })}</p>
            <p className="quiet">
              {t(`channel.proof.${limit.proof}`)} · <a href={limit.source} target="_blank" rel="noreferrer">{t('channel.limit_source')}</a> · {limit.stated_on ? t('channel.limit_dated', { date: limit.stated_on }) : t('channel.limit_undated')}
            </p>
          </li>
        ))}
      </ul>
      <p className="quiet">{t('channel.limits_text')}</p>
    </>
  );
}

/** What an account of a profile can do, what it cannot and what happens instead, and its network's limits. */
export function Abilities({ profile, limits = true }: { profile: string; limits?: boolean }) {
  const { t } = useSpeak();
  const query = useProfiles();
  if (query.isPending) return <Skeleton active />;
  const found = query.data?.find((one) => one.profile === profile);
  if (!found) return null;
  return (
    <div className="abilities">
      <section>
        <h3>{t('channel.able')}</h3>
        {found.can.length === 0 ? <p className="quiet">{t('channel.able_none')}</p> : (
          <ul>{found.can.map((word) => <li key={word}><CheckOutlined className="good" aria-hidden /> {t(`channel.can.${word}`)}</li>)}</ul>
        )}
      </section>
      <section>
        <h3>{t('channel.unable')}</h3>
        {found.cannot.length === 0 ? <p className="quiet">{t('channel.able_all')}</p> : (
          <ul>{found.cannot.map(({ capability, instead }) => <li key={capability}><CloseOutlined className="quiet" aria-hidden /> {t(`channel.can.${capability}`)} <span className="quiet">{t(`channel.instead.${instead}`)}</span></li>)}</ul>
        )}
      </section>
      {limits ? <section className="wide"><h3>{t('channel.limits')}</h3><LimitList limits={found.limits} /></section> : null}
    </div>
  );
}
