// Package getter stands in for hashicorp/go-getter, which Task needs only to
// include Taskfiles from other git repositories. The original links the clients
// of three clouds, and takes most of the time that Task takes to compile. This
// repository includes local files only, so Get refuses.
package getter

import (
	"context"
	"fmt"
)

// ClientMode is the kind of thing to download.
type ClientMode uint

// ClientModeDir downloads a directory.
const ClientModeDir ClientMode = 2

// Client describes one download.
type Client struct {
	Ctx      context.Context //nolint:containedctx // the field of the original
	Src, Dst string
	Mode     ClientMode
}

// Get returns an error that names the source.
func (c *Client) Get() error {
	return fmt.Errorf("include %s: `go tool task` includes local files only: copy it, or run an installed task", c.Src)
}
