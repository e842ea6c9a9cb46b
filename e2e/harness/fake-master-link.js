// Stands in for extension/master-link.js in tests of the page alone: the test tells the status and sees
// the commands, through `globalThis.fakeLink`.

import { connect } from '../pages/peer/index.js';

const EMPTY = { detail: '', retry_at: null, name: 'Library', peers: [], questions: [], copied_at: null, kept_at: null, keep_failure: null, store: null };

export function openLink({ onstatus, ondoor }) {
  const commands = [];
  const command = (name) => (...given) => void commands.push([name, ...given]);
  const tell = (status) => onstatus({ ...EMPTY, ...status });
  const link = {
    database: connect('records'),
    serve: command('serve'),
    setName: command('setName'),
    setStrangers: command('setStrangers'),
    setRights: command('setRights'),
    letIn: command('letIn'),
    answer: command('answer'),
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
    async keepCopy() {
      commands.push(['keepCopy']);
      return { set: 'ours', copies: [{ set: 'ours', number: 1, at: Date.now(), bytes: 1_234_567 }] };
    },
    async copies() {
      if (fake.keepFailure) throw new Error(fake.keepFailure);
      return { set: 'ours', copies: await fake.kept };
    },
    restoreKept: async (copy, mode) => commands.push(['restoreKept', copy, mode]),
    async useStore(store) {
      commands.push(['useStore', store]);
      if (fake.storeFailure) throw new Error(fake.storeFailure);
    },
    syncNow: command('syncNow'),
    acceptRemovals: command('acceptRemovals'),
    conflicts: async () => fake.conflicts,
    async resolve(id, keep) {
      commands.push(['resolve', id, keep]);
      fake.conflicts = fake.conflicts.filter((one) => one.id !== id);
    },
  };
  const fake = (globalThis.fakeLink = { commands, tell, ondoor, kept: [], keepFailure: null, conflicts: [], storeFailure: null });
  tell({ state: 'starting' });
  return link;
}
