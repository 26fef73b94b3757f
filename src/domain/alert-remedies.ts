/** What mends a state that was alerted, in one sentence; more in docs/operating.md. */
const REMEDIES: Readonly<Record<string, string>> = {
  webhooks_rejected:
    'See GET /api/v1/connections/{name}/rejections for who sent what. If it was the platform, correct the credentials on either side, then reconcile.',
  deliveries_not_taken:
    'Check the database, the disk and the backlog. Senders repeat by themselves; it resolves with the next delivery taken.',
  delivery_dead:
    'Look at GET /api/v1/deliveries/causes. Fix the cause and replay the deliveries, or dismiss those that cannot be saved; it resolves when none is dead.',
  working_paused: 'Read the error of the latest attempts. Receiving goes on; processing resumes by itself with the first success.',
  platform_refuses_us: 'Correct the credentials of the connection (api) and reload with SIGHUP; a success resumes its calls by itself too.',
  platform_unreachable:
    'Look at the status page of the platform and at our network. It is tried every 30 seconds; what waits goes on by itself.',
  invariant_violated: 'See GET /api/v1/invariants for examples, keep a copy of the database and report it.',
  failure_budget: 'See answers and failureBudget in GET /api/v1/connections/{name}: wrong credentials (401), a proxy, or 503s.',
  webhook_disabled:
    'Run the command in its text: orderdock webhooks enable (or register). What a platform raised meanwhile it may not send again: reconcile.',
  silence: 'Check that the webhook is still registered and enabled at the platform, and that our address answers (orderdock check).',
  gaps_found: 'Look at the causes in the reconcile run: they say where deliveries are lost.',
  reconcile_failed: 'Read the error of the run. The next run continues from there; nothing is skipped.',
  body_too_large: 'Raise MAX_BODY_BYTES if the body was genuine, then reconcile the connection.',
  document_failed: 'See GET /api/v1/documents for its state and error, then fetch it again.',
  storage_unavailable: 'Check DOCUMENTS_URL: disk full, bucket missing or wrong credentials.',
  unreadable_time: 'See GET /api/v1/drift for where it stood, and report the form: what came with it waits for the next readable change.',
  future_time: "Have the platform's clock, or the one who enters such times, corrected; nothing is lost meanwhile.",
  consumer_behind: 'Look at the ERP: it does not read or acknowledge. Nothing is lost; it resolves when the consumer has caught up.',
  receipt_rejected:
    'See GET /api/v1/consumers/{name}/receipts?status=rejected, correct the cause in the ERP, and send the receipt as booked.',
  notify_failing: 'Check that the notify URL of the consumer answers 2xx. It is tried at least every five minutes; the feed itself waits.',
  consumer_forgotten: 'Resume reading with the consumer, or delete it (DELETE /api/v1/consumers/{name}).',
};

export const alertRemedy = (code: string): string => REMEDIES[code] ?? `See docs/operating.md for ${code}.`;
