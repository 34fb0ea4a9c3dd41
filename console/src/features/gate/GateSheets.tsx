import type { Group } from '../../api/contract';
import { useCan } from '../session/session';
import { GateSheet } from './GateSheet';
import { Knocks } from './Knocks';
import { Receipts } from './Receipts';
import { WelcomeSheet } from './WelcomeSheet';

/** How people come into the group, and their first day in it. */
export function GateSheets({ group }: { group: Group }) {
  const can = useCan();
  return (
    <>
      {can('gate.admit') ? <Knocks id={group.id} /> : null}
      <GateSheet group={group} />
      <WelcomeSheet id={group.id} />
      {can('member.read') ? <Receipts id={group.id} /> : null}
    </>
  );
}
