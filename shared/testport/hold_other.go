//go:build !linux

package testport

import "net"

// hold finds a free port. It does not keep the port, because a bound socket
// would block a listener.
func hold() (port int, release func(), err error) {
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, nil, err
	}
	port = ln.Addr().(*net.TCPAddr).Port
	return port, func() {}, ln.Close()
}
