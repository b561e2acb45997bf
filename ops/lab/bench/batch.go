package main

import (
	"context"
	"fmt"
)

const (
	batchItems    = 1000
	batchOfSingle = 15 // how many times as many items a second a batch has to create
)

// benchBatch compares items that are created a thousand a call with those that
// are created one a call.
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
