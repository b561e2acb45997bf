package doctor

import "testing"

func TestEviction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		info string
		want Status
	}{
		{"", OK},
		{"maxmemory:0\r\nmaxmemory_policy:noeviction\r\n", OK},
		{"maxmemory:100663296\r\nmaxmemory_policy:volatile-lru\r\n", OK},
		{"maxmemory:100663296\r\nmaxmemory_policy:noeviction\r\n", Warning},
		{"maxmemory:100663296\r\nmaxmemory_policy:allkeys-lru\r\n", Warning},
	} {
		if got := examineEviction(parseInfo(tt.info)); got.Status != tt.want || (got.Status == OK) != (got.Cure == "") {
			t.Errorf("%q: %+v, want %s", tt.info, got, tt.want)
		}
	}
}
