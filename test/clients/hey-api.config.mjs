// biome-ignore lint/style/noDefaultExport: openapi-ts reads its configuration from the default export.
export default {
  input: process.env.API_DESCRIPTION,
  output: { path: './generated/hey-api', module: { extension: '.ts' } },
};
