// The differences of a feed entry are stored as JSON text in which each of these pieces is one control character: the first is U+0001. JSON text
// contains none by itself, so text without any is what it says, and whatever is abbreviated is restored exactly. The list is full, and never changes:
// stored entries and the view `feed` (views.ts) refer to the pieces by their place. Of two that begin alike, the longer one comes first.
export const PIECES = [
  '"}]}},{"path":"/lines/',
  '"},{"path":"/currency","before":null,"after":"',
  '"},{"path":"/',
  '{"path":"/lines/',
  '{"path":"/',
  '","before":null,"after":{"externalId":"',
  '","before":null,"after":{"id":"',
  '","before":null,"after":"',
  '","before":"',
  '","after":"',
  '","position":"',
  '","item":{"number":"',
  '","name":null}},{"path":"/supplier","before":null,"after":{"id":"',
  '","name":null}},{"path":"/',
  '","name":"',
  '","supplierNumber":null},"description":"',
  '","supplierNumber":"',
  '"},"description":"',
  '","description":"',
  '","quantity":"',
  '","unit":"',
  '","status":"',
  '","price":{"net":"',
  '","gross":"',
  '","currency":"',
  '","per":"',
  '"},"deliverySchedule":[{"position":"',
  'null,"deliverySchedule":[{"position":"',
  '","date":"',
  '"}]}}',
] as const;

/** The code of the control character that stands for the external id of the entry's entity, which its lines' ids mostly contain. */
export const OWN_ID = 31;
