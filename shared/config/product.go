package config

// productNames lists the variables of the product.
var productNames = []string{
	"FUALAB_EVENT_RETENTION_DAYS",
	"FUALAB_ITEM_RETENTION_DAYS",
}
