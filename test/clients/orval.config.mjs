const { API_DESCRIPTION, API_BASE } = process.env;

export default {
  orderdock: { input: API_DESCRIPTION, output: { target: './generated/orval/client.ts', client: 'fetch', baseUrl: API_BASE } },
};
