import express from 'express';

// What intake is measured against: an Express handler that parses and stores nothing, on a port of its own, sent to the parent.
const app = express();
app.post('/webhooks/bench/orders', express.json({ limit: '20mb' }), (request, response) => {
  response.status(202).json({ status: 'accepted', deliveryId: request.body.meta.messageId });
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '');
});
