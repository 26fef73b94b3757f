import express from 'express';

// The baseline for intake: an Express handler that parses and stores nothing, on its own port, which is sent to the parent process.
const app = express();
app.post('/webhooks/bench/orders', express.json({ limit: '20mb' }), (request, response) => {
  response.status(202).json({ status: 'accepted', deliveryId: request.body.meta.messageId });
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '');
});
