package live

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
)

// StatusName names the messages that tell whether events arrive.
const StatusName = "status"

// Message is what a subscriber gets: an event, or a word about the stream
// itself. Subscribers share it and must not change it.
type Message struct {
	ID   ID     // the subscriber's position from now on; none for a status
	Name string // an event's type, or StatusName
	Data []byte // JSON, in one line

	made bool // by the hub: a reset that no entry stands for
}

// Status is the data of a message named StatusName.
type Status struct {
	Live bool `json:"live"` // whether events arrive
}

func statusMessage(live bool) Message {
	return Message{Name: StatusName, Data: encode(Status{live})}
}

// resetMessage stands for all that a subscriber may have missed up to at.
func resetMessage(at ID) Message {
	return Message{ID: at, Name: string(events.Reset), Data: encode(resetEvent()), made: true}
}

func resetEvent() events.Event {
	return events.Event{Type: events.Reset, At: model.NewTime(time.Now())}
}

// typeForm is what an event's type must look like to be sent: it becomes a
// line of its own in the answer.
var typeForm = regexp.MustCompile(`^[a-z][a-z0-9_.]{0,63}$`)

// messageOf encodes an entry once for all who get it, and returns its event,
// too. An entry that cannot be read is a reset, with the error: something has
// happened.
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

// encode is for what consists of numbers, texts and times, which cannot fail.
func encode(v any) []byte {
	data, _ := json.Marshal(v)
	return data
}
