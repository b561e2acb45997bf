package rest

// Encoded is a body that is JSON already, and is sent as it is. A type that
// embeds it documents which by implementing huma.SchemaProvider.
type Encoded struct{ JSON []byte }

func (e Encoded) encoding() []byte { return e.JSON }
