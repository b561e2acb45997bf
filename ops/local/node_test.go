package main

import "testing"

func TestUsableNode(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"v18.20.4": false, "v20.18.3": false, "v20.19.0": true, "v20.20.2": true, "v21.7.3": false,
		"v22.11.0": false, "v22.12.0": true, "v23.0.0": true, "v24.1.0": true, "": false, "22.12.0": false, "node": false,
	} {
		if got := usable(version); got != want {
			t.Errorf("%q: %t", version, got)
		}
	}
}
