// Stands in for extension/master-link.js in tests of the page alone: the test tells the status and sees
// the commands, through `globalThis.fakeLink`.

import { connect } from '../pages/peer/index.js';

const EMPTY = { detail: '', retry_at: null, name: 'Library', peers: [], copied_at: null };

export function openLink({ onstatus, onchange }) {
  const commands = [];
  const command = (name) => (...given) => void commands.push([name, ...given]);
  const tell = (status) => onstatus({ ...EMPTY, ...status });
  const link = {
    database: connect('records'),
    serve: command('serve'),
    setName: command('setName'),
    setRights: command('setRights'),
    dismiss: command('dismiss'),
    retry: command('retry'),
    async saveCopy() {
      commands.push(['saveCopy']);
      return new File(['copy'], 'records.copy');
    },
    async restore(file, mode) {
      commands.push(['restore', await file.text(), mode]);
      if (file.name.includes('broken')) throw new Error('This file is no copy of records.');
      return 3;
    },
  };
  globalThis.fakeLink = { commands, tell, onchange };
  tell({ state: 'starting' });
  return link;
}
