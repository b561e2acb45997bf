package main

import (
	"context"
	"fmt"
)

const (
	batchItems    = 1000
	batchOfSingle = 15 // least ratio of items a second, a batch to single items
)

// benchBatch compares items that are created a thousand per call with items
// that are created one per call.
func benchBatch(ctx context.Context, b *apiBench) error {
	return b.withAPI(ctx, func(p *platform, api *process) error {
		many := b.api(fmt.Sprintf("POST a batch of %d", batchItems), api, postBatch(batchItems))
		one := b.api("POST an item, beside batches", api, postItem)
		many.items = batchItems
		many.prepare, one.prepare = p.refill, p.refill
		ratio, err := b.compare(ctx, fmt.Sprintf("new items, %d there at first", itemsThere), many, one)
		if err != nil {
			return err
		}
		b.figures.atLeast(batchOfSingle, ratio, "items a second by batches of %d, of those one by one", batchItems)
		return nil
	})
}
