package items

import "github.com/fualab/fualab/shared/events"

// The events of items.
const (
	EventCreated  events.Type = "items.created"
	EventUpdated  events.Type = "items.updated"
	EventDeleted  events.Type = "items.deleted"
	EventRestored events.Type = "items.restored"
	EventEnriched events.Type = "items.enriched"
	EventExpired  events.Type = "items.expired"
	EventPurged   events.Type = "items.purged"
)

// The tasks that the API wakes.
const (
	EnrichTask = "items.enrich" // processes created and changed items
	ImportTask = "items.import" // processes imports with a complete file
)
