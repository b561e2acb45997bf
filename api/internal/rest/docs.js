// Starts the interactive documentation. A file of its own: the page's policy allows no script inside of it.
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  showCommonExtensions: true,
  validatorUrl: null,
});
