/** How to resolve each alert, in one sentence; details are in docs/operating.md. */
const REMEDIES: Readonly<Record<string, string>> = {
  webhooks_rejected:
    'See GET /api/v1/connections/{name}/rejections for the senders and reasons. If it is the platform, correct the credentials on either side, then reconcile.',
  deliveries_not_taken:
    'Check the database, the disk and the backlog. Senders retry automatically; the alert resolves with the next accepted delivery.',
  delivery_dead:
    'See GET /api/v1/deliveries/causes. Fix the cause and replay the deliveries, or dismiss those that cannot be recovered; the alert resolves when none is dead.',
  working_paused: 'Read the errors of the latest attempts. Intake continues; processing resumes automatically with the first success.',
  platform_refuses_us:
    'Correct the credentials of the connection (api) and reload with SIGHUP. Calls also resume automatically once the credentials are accepted.',
  platform_unreachable:
    'Check the status page of the platform and our network. Calls are retried every 30 seconds; waiting work resumes automatically.',
  invariant_violated: 'See GET /api/v1/invariants for examples, keep a copy of the database and report it.',
  failure_budget: 'See answers and failureBudget in GET /api/v1/connections/{name}: bodies that cannot be read, a proxy, or 503s.',
  webhook_disabled:
    'Run the command in its text: orderdock webhooks enable (or register). Then reconcile, since the platform may not send again what happened in the meantime.',
  silence: 'Check that the webhook is still registered and enabled at the platform, and that our address answers (orderdock check).',
  gaps_found: 'See the causes in the reconcile run: they show where deliveries are lost.',
  reconcile_failed: 'Read the error of the run. The next run continues from there; nothing is skipped.',
  body_too_large: 'Raise MAX_BODY_BYTES if the body was genuine, then reconcile the connection.',
  document_failed: 'See GET /api/v1/documents for its state and error, then fetch it again.',
  storage_unavailable: 'Check DOCUMENTS_URL: disk full, bucket missing or wrong credentials.',
  unreadable_time:
    'See GET /api/v1/drift for its place, and report the format. Content with that time is not applied over newer content until a readable time arrives.',
  future_time: "Have the platform's clock or data entry corrected. Nothing is lost in the meantime.",
  consumer_behind:
    'Check the ERP: it does not read or does not acknowledge. Nothing is lost; the alert resolves when the consumer has caught up.',
  receipt_rejected:
    'See GET /api/v1/consumers/{name}/receipts?status=rejected, correct the cause in the ERP, and send the receipt as booked.',
  notify_failing:
    'Check that the notify URL of the consumer answers 2xx. It is retried at least every five minutes, or when it asks to be (Retry-After); the changes wait in the feed.',
  consumer_forgotten: 'Resume reading with the consumer, or delete it (DELETE /api/v1/consumers/{name}).',
};

export const alertRemedy = (code: string): string => REMEDIES[code] ?? `See docs/operating.md for ${code}.`;
