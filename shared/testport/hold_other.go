//go:build !linux

package testport

import "net"

// hold finds a port that is free now: a bound socket would keep a listener from
// the port.
func hold() (port int, release func(), err error) {
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, nil, err
	}
	port = ln.Addr().(*net.TCPAddr).Port
	return port, func() {}, ln.Close()
}
