import { CheckOutlined } from '@ant-design/icons';
import { Skeleton } from 'antd';
import { useSpeak } from '../../i18n/speak';
import { Trouble } from '../../kit/Trouble';
import { Wide } from '../../kit/Wide';
import { usePermissions } from './queries';
import { roles } from './StaffPlace';

/** Every operation and the roles that may do it. */
export function Matrix() {
  const { t } = useSpeak();
  const query = usePermissions();
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return (
    <section className="sheet">
      <p className="quiet">{t('staff.matrix_text')}</p>
      <Wide><div className="chart-table tall" tabIndex={0} role="region" aria-label={t('staff.tab.matrix')}>
        <table className="matrix">
          <thead><tr><th scope="col">{t('staff.operation')}</th>{roles.map((role) => <th key={role} scope="col">{t(`role.${role}`)}</th>)}</tr></thead>
          <tbody>{query.data.operations.map((row) => <tr key={row.operation}><th scope="row">{t(`operation.${row.operation}`, { defaultValue: row.operation })}</th>{roles.map((role) => <td key={role}>{row.roles.includes(role) ? <CheckOutlined className="good" aria-label={t('staff.may')} /> : <span className="quiet" aria-label={t('staff.may_not')} role="img">·</span>}</td>)}</tr>)}</tbody>
        </table>
      </div></Wide>
    </section>
  );
}
