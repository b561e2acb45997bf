package live

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
)

// StatusName is the name of the messages about the arrival of events.
const StatusName = "status"

// Message is an event, or a notice about the stream itself. Subscribers share
// it and must not change it.
type Message struct {
	ID   ID     // the subscriber's new position; zero for a status
	Name string // an event's type, or StatusName
	Data []byte // JSON, in one line

	made bool // made by the hub: a reset without an entry
}

// Status is the data of a message named StatusName.
type Status struct {
	Live bool `json:"live"` // whether events arrive
}

func statusMessage(live bool) Message {
	return Message{Name: StatusName, Data: encode(Status{live})}
}

// resetMessage replaces all events that a subscriber may have missed up to at.
func resetMessage(at ID) Message {
	return Message{ID: at, Name: string(events.Reset), Data: encode(resetEvent()), made: true}
}

func resetEvent() events.Event {
	return events.Event{Type: events.Reset, At: model.NewTime(time.Now())}
}

// typeForm is the valid form of an event's type, because the type becomes a
// separate line in the response.
var typeForm = regexp.MustCompile(`^[a-z][a-z0-9_.]{0,63}$`)

// messageOf encodes an entry once for all subscribers, and returns its event,
// too. For an unreadable entry it returns a reset and the error, because there
// was a change.
func messageOf(e entry) (Message, events.Event, error) {
	event, err := events.Decode(e.Values)
	if err == nil && !typeForm.MatchString(string(event.Type)) {
		err = fmt.Errorf("decode an event: its type is not a name")
	}
	if err != nil {
		event = resetEvent()
	}
	return Message{ID: e.id, Name: string(event.Type), Data: encode(event)}, event, err
}

// encode is for values of numbers, texts and times, which cannot fail.
func encode(v any) []byte {
	data, _ := json.Marshal(v)
	return data
}
