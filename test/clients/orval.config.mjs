const { API_DESCRIPTION, API_BASE } = process.env;

// biome-ignore lint/style/noDefaultExport: orval reads its configuration from the default export.
export default {
  orderdock: { input: API_DESCRIPTION, output: { target: './generated/orval/client.ts', client: 'fetch', baseUrl: API_BASE } },
};
