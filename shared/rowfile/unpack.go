package rowfile

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Unpack returns the content of r, unpacked if it is gzip, and at most limit
// bytes. Reading ends with a *Broken error beyond the limit, and in a broken
// gzip.
func Unpack(r io.Reader, limit int64) (io.Reader, error) {
	in := bufio.NewReader(r)
	first, err := in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(first) < 2 || first[0] != 0x1f || first[1] != 0x8b {
		return &bounded{in, limit, limit}, nil
	}
	packed, err := gzip.NewReader(in)
	if err != nil {
		return nil, damaged(err)
	}
	return &bounded{packed, limit, limit}, nil
}

// bounded reads at most limit bytes.
type bounded struct {
	r           io.Reader
	limit, left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, &Broken{1, fmt.Sprintf("the file has more than %d bytes after unpacking", b.limit)}
	}
	return n, damaged(err)
}

// damaged distinguishes a broken gzip from other errors.
func damaged(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt) {
		return &Broken{1, "the gzip is broken or was cut off: " + err.Error()}
	}
	return err
}
