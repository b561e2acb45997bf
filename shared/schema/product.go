package schema

// product is the newest migration of the product, "0000" without one. It changes with each of them.
const product = "0001"
