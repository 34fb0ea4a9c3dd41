import { Drawer } from 'antd';
import type { ReactNode } from 'react';
import { usePhone } from './media';

/** The people behind a figure, over the picture they come from. */
export function PeopleDrawer({ open, title, onClose, children }: { open: boolean; title: string; onClose: () => void; children: ReactNode }) {
  const phone = usePhone();
  return (
    <Drawer open={open} title={title} onClose={onClose} size={phone ? '100%' : 480} destroyOnHidden>
      {children}
    </Drawer>
  );
}
