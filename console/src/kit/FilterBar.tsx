import { CloseOutlined, DownloadOutlined, FilterOutlined, SearchOutlined, StarOutlined, UnorderedListOutlined } from '@ant-design/icons';
import { Button, Checkbox, Dropdown, Input, Popover, Select, Tag } from 'antd';
import { useEffect, useState, type ReactNode } from 'react';
import { useSpeak } from '../i18n/speak';
import { usePhone } from './media';

export interface Choice { value: string; label: string }
export interface Filter { key: string; label: string; choices: Choice[]; searchable?: boolean }
export interface View { id: string; name: string; query: string }

export interface FilterBarProps {
  state: Record<string, string>;
  patch: (change: Record<string, string | null>) => void;
  /** What can be searched; without it there is no search field. */
  placeholder?: string;
  filters?: Filter[];
  sorts?: Choice[];
  /** Filters that are in force though no select shows them, by key. */
  chips?: { key: string; label: string }[];
  exportHref?: string;
  columns?: { all: Choice[]; shown: string[]; set: (keys: string[]) => void };
  views?: { items: View[]; save: (name: string, query: string) => void; remove: (id: string) => void };
  extra?: ReactNode;
}

/** Search, filters as chips, saved views, columns and export of one list; its state is the address. */
export function FilterBar({ state, patch, placeholder, filters = [], sorts, chips = [], exportHref, columns, views, extra }: FilterBarProps) {
  const { t } = useSpeak();
  const phone = usePhone();
  const [text, setText] = useState(state.q ?? '');
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  useEffect(() => setText(state.q ?? ''), [state.q]);
  useEffect(() => {
    if (text === (state.q ?? '')) return;
    const timer = setTimeout(() => patch({ q: text || null }), 300);
    return () => clearTimeout(timer);
  }, [text, state.q, patch]);

  const active = [
    ...filters.filter((filter) => state[filter.key]).map((filter) => ({
      key: filter.key,
      label: `${filter.label}: ${filter.choices.find((choice) => choice.value === state[filter.key])?.label ?? state[filter.key]}`,
    })),
    ...chips,
  ];
  const selects = filters.map((filter) => (
    <Select
      key={filter.key}
      aria-label={filter.label}
      placeholder={filter.label}
      allowClear
      showSearch={filter.searchable ? { optionFilterProp: 'label' } : undefined}
      value={state[filter.key] || undefined}
      options={filter.choices}
      onChange={(value: string | undefined) => patch({ [filter.key]: value ?? null })}
      popupMatchSelectWidth={false}
      className="filter-select"
    />
  ));
  return (
    <search className="filter-bar">
      <div className="filter-row">
        {placeholder ? <Input
          className="filter-search"
          prefix={<SearchOutlined />}
          aria-label={placeholder}
          placeholder={placeholder}
          allowClear
          data-search
          value={text}
          onChange={(event) => setText(event.target.value)}
          onPressEnter={() => patch({ q: text || null })}
        /> : null}
        {phone ? (filters.length ? <Button icon={<FilterOutlined />} aria-expanded={open} onClick={() => setOpen(!open)}>{t('kit.filter')}</Button> : null) : selects}
        {sorts ? (
          <Select aria-label={t('kit.sort')} value={state.sort ?? sorts[0]?.value} options={sorts} onChange={(value: string) => patch({ sort: value === sorts[0]?.value ? null : value })} popupMatchSelectWidth={false} className="filter-select" />
        ) : null}
        <span className="filter-gap" />
        {views ? (
          <Popover
            trigger="click"
            placement="bottomRight"
            content={
              <div className="views">
                {views.items.length === 0 ? <p className="quiet">{t('kit.no_views')}</p> : null}
                <ul>
                  {views.items.map((view) => (
                    <li key={view.id}>
                      <Button
                        type="link"
                        onClick={() => {
                          const wanted = Object.fromEntries(new URLSearchParams(view.query).entries());
                          patch({ ...Object.fromEntries(Object.keys(state).map((key) => [key, null])), ...wanted });
                        }}
                      >
                        {view.name}
                      </Button>
                      <Button type="text" size="small" icon={<CloseOutlined />} aria-label={t('kit.remove_view', { name: view.name })} onClick={() => views.remove(view.id)} />
                    </li>
                  ))}
                </ul>
                <form
                  onSubmit={(event) => {
                    event.preventDefault();
                    if (!name.trim()) return;
                    views.save(name.trim(), new URLSearchParams(state).toString());
                    setName('');
                  }}
                >
                  <Input aria-label={t('kit.view_name')} placeholder={t('kit.view_name')} value={name} onChange={(event) => setName(event.target.value)} maxLength={40} />
                  <Button htmlType="submit" disabled={!name.trim()}>{t('kit.save_view')}</Button>
                </form>
              </div>
            }
          >
            <Button icon={<StarOutlined />} aria-label={t('kit.views')}>{phone ? null : t('kit.views')}</Button>
          </Popover>
        ) : null}
        {columns && !phone ? (
          <Dropdown
            trigger={['click']}
            popupRender={() => (
              <div className="columns">
                <Checkbox.Group options={columns.all} value={columns.shown} onChange={(keys) => columns.set(keys)} />
              </div>
            )}
          >
            <Button icon={<UnorderedListOutlined />} aria-label={t('kit.columns')} title={t('kit.columns')} />
          </Dropdown>
        ) : null}
        {exportHref ? <Button icon={<DownloadOutlined />} href={exportHref} download aria-label={t('kit.export')} title={t('kit.export')} /> : null}
        {extra}
      </div>
      {phone && open ? <div className="filter-row">{selects}</div> : null}
      {active.length > 0 || state.q ? (
        <div className="filter-chips">
          {state.q ? <Tag closable onClose={() => { setText(''); patch({ q: null }); }} closeIcon={<CloseOutlined aria-label={t('kit.clear')} />}>{t('kit.searching', { text: state.q })}</Tag> : null}
          {active.map((chip) => (
            <Tag key={chip.key} closable onClose={(event) => { event.preventDefault(); patch({ [chip.key]: null }); }} closeIcon={<CloseOutlined aria-label={t('kit.clear')} />}>{chip.label}</Tag>
          ))}
          <Button type="link" size="small" onClick={() => { setText(''); patch({ q: null, ...Object.fromEntries(active.map((chip) => [chip.key, null])) }); }}>{t('kit.clear_all')}</Button>
        </div>
      ) : null}
    </search>
  );
}
