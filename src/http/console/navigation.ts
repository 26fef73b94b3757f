import { listAlerts } from '../../store/monitoring/list-alerts.ts';
import { type Problems, readProblems } from '../../store/monitoring/read-trouble.ts';
import type { ConsolePorts, PageRequest } from './page.ts';

/** The number of items in a section that need attention. */
export interface Count {
  number: number;
  /** What the number counts, for screen readers. */
  word: string;
  tone: 'watch' | 'bad';
}

interface Place {
  path: string;
  name: string;
  count?: Count | undefined;
}

export interface PlaceGroup {
  name: string | null;
  places: readonly Place[];
}

/** The sections of the console in groups, each with its count. A section that cannot be counted shows none. */
export async function readNavigation(ports: Pick<ConsolePorts, 'context'>, pageRequest: PageRequest): Promise<PlaceGroup[]> {
  const sql = ports.context.db.read;
  const [problems, alerts] = await Promise.all([
    readProblems(sql, pageRequest.now.toISOString()).catch(() => new Map<string, Problems>()),
    listAlerts(sql, { state: 'open' }, { limit: 100 }).catch(() => []),
  ]);
  const sum = (name: 'dead' | 'missingDocuments') => [...problems.values()].reduce((total, one) => total + one[name], 0);
  const counted = (number: number, word: string, tone: Count['tone']) => (number === 0 ? undefined : { number, word, tone });
  const worst = alerts.some(({ level }) => level === 'critical') ? 'bad' : 'watch';
  return [
    { name: null, places: [{ path: '/', name: 'Overview' }] },
    {
      name: 'Data',
      places: [
        { path: '/orders', name: 'Orders' },
        { path: '/shipments', name: 'Shipments' },
        { path: '/records', name: 'Records' },
        { path: '/documents', name: 'Missing documents', count: counted(sum('missingDocuments'), 'missing', 'watch') },
      ],
    },
    { name: 'Webhooks', places: [{ path: '/deliveries', name: 'Deliveries', count: counted(sum('dead'), 'failed', 'bad') }] },
    {
      name: 'ERP',
      places: [
        { path: '/feed', name: 'Feed' },
        { path: '/consumers', name: 'Consumers' },
      ],
    },
    {
      name: 'Operations',
      places: [
        { path: '/alerts', name: 'Alerts', count: counted(alerts.length, 'open', worst) },
        { path: '/reconcile-runs', name: 'Reconcile' },
        { path: '/drift', name: 'Drift' },
        { path: '/activity', name: 'Activity' },
      ],
    },
    ...(pageRequest.may('admin') ? [{ name: 'Admin', places: [{ path: '/keys', name: 'API keys' }] }] : []),
  ];
}
