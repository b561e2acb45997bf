package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

const peerRecords = "/api/collections/items/records"

// peerCollection has the fields of an item, and lets every client list, view
// and create.
const peerCollection = `{
	"name": "items", "type": "base", "listRule": "", "viewRule": "", "createRule": "",
	"fields": [
		{"name": "name", "type": "text", "required": true, "max": 255},
		{"name": "description", "type": "text", "max": 10000},
		{"name": "attributes", "type": "json"},
		{"name": "status", "type": "text"},
		{"name": "expires_at", "type": "date"},
		{"name": "slug", "type": "text"},
		{"name": "fingerprint", "type": "text"},
		{"name": "duplicate_of", "type": "number"},
		{"name": "version", "type": "number"},
		{"name": "enriched", "type": "bool"},
		{"name": "created_at", "type": "autodate", "onCreate": true},
		{"name": "updated_at", "type": "autodate", "onCreate": true, "onUpdate": true}
	]
}`

// collect creates the collection in a PocketBase with peerItems records, and
// returns their ids.
func (p *process) collect(ctx context.Context, user, password string) ([]string, error) {
	credentials, err := json.Marshal(map[string]string{"identity": user, "password": password})
	if err != nil {
		return nil, err
	}
	var session struct{ Token string }
	if err := p.postJSON(ctx, "/api/collections/_superusers/auth-with-password", "", credentials, &session); err != nil {
		return nil, err
	}
	if err := p.postJSON(ctx, "/api/collections", session.Token, []byte(peerCollection), nil); err != nil {
		return nil, err
	}
	ids := make([]string, peerItems)
	for i := range ids {
		var record struct{ ID string }
		if err := p.postJSON(ctx, peerRecords, "", fmt.Appendf(nil, `{"name":"Sample %d"}`, i), &record); err != nil {
			return nil, err
		}
		ids[i] = record.ID
	}
	return ids, nil
}

// postJSON posts body and decodes the response into out, unless that is nil.
func (p *process) postJSON(ctx context.Context, path, token string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", token)
	resp, err := sender.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s answered %s: %.300s", path, resp.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
