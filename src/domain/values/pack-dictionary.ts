// What small messages have in common: their members' names, as the platforms document them, and the names of the headers of a request. Values are packed
// with it as the text that went before them, which leaves six tenths of an order event. Never edited: what was packed with it is unpacked with it.
// Later members are found at less cost: the most frequent ones stand at the end.

const RECORD =
  '{"id":"","type":"","created":0,"data":{"object":{"type":"","merchant":"","public_id":"","customer":"","product":"","order":"","subscription":"","offer":"",' +
  '"quantity":0,"price":"","total_price":"","first_placed":null,"components":[],"payment":"","shipping_address":"","sub_total":"","tax_total":"",' +
  '"shipping_total":"","discount_total":"","total":"","place":"","cancelled":null,"tries":0,"status":0,"extra_data":{}}}}';

const SHIPMENT =
  '{"eventName":"","shipment":{"id":"","supplierShipment":{"companyId":"","shipmentNumber":"","supplierParty":{"id":"","idScheme":""},"documents":[{"code":"",' +
  '"revision":"","name":"","objectId":"","type":"","meta":{"lastUpdatedAt":""}}]},"buyerShipment":{"companyId":""},"lines":[{"purchaseOrderNumber":"",' +
  '"purchaseOrderLinePosition":"","deliverySchedulePosition":"","item":{"buyerItemNumber":"","buyerItemName":"","supplierItemNumber":"",' +
  '"purchaseUnitOfMeasureIso":""},"supplierLine":{"despatchAdviceNumber":"","despatchAdviceLinePosition":"","despatchQuantity":0,"backorderQuantity":0}}]}}';

const ORDER =
  '{"eventName":"OrderLinesAcceptedBySupplier","meta":{"messageId":"","source":{"traceId":"","companyId":""},"createdDateTime":"20"},"orderEvent":{"orderId":"",' +
  '"buyerOrder":{"companyId":"","buyerParty":{"id":"","idScheme":"","names":[""]},"purchaseOrderNumber":"","description":"","erpIssueDateTime":"20"},' +
  '"supplierOrder":{"companyId":"","buyerAccountNumber":""},"status":{"processStatus":"Issued","logisticsStatus":"Open"},"lines":[{"id":"",' +
  '"buyerLine":{"position":"","row":"","description":"","item":{"number":"","revision":"","name":"","purchaseUnitOfMeasureIso":"PCE"},"terms":{}},' +
  '"supplierLine":{"salesOrderNumber":"","salesOrderLinePosition":"","description":""},"deliverySchedule":[{"position":"","date":"20","quantity":0,"status":"Open"}],' +
  '"deliveryScheduleIncludingRequests":[{"position":"","date":"20","quantity":0,"status":"Open"}],"prices":{' +
  '"grossPrice":{"priceInTransactionCurrency":{"value":0.00,"currencyIso":"EUR"},"priceInBaseCurrency":{"value":0.00,"currencyIso":"EUR"}},' +
  '"netPrice":{"priceInTransactionCurrency":{"value":0.00,"currencyIso":"EUR"}},"priceUnitOfMeasureIso":"PCE","priceUnitQuantity":1},' +
  '"status":{"processStatus":"Confirmed","logisticsStatus":"Open"},"lastUpdatedAt":"20"}],"version":1,"lastUpdatedAt":"20"}}';

const HEADERS =
  '{"host":"","connection":"keep-alive","user-agent":"","accept":"*/*","accept-encoding":"gzip, deflate, br","accept-language":"*","x-request-id":"",' +
  '"x-forwarded-for":"","x-forwarded-proto":"https","content-type":"application/json; charset=utf-8","content-length":"","authorization":"[redacted]"}\n';

export const PACK_DICTIONARY: Buffer = Buffer.from(`${RECORD}\n${SHIPMENT}\n${HEADERS}${ORDER}`);
