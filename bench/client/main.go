// The client of the benchmarks: it sends requests that were encoded beforehand and checks each answer, so that what is
// measured is the server. It speaks to a stream manager, to Redis and to NATS in the same way, and prints one line of
// JSON: how many requests were answered, and in how many seconds, and how many were sent with those before the clock ran.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	address := flag.String("address", "127.0.0.1:8088", "where the server listens")
	kind := flag.String("kind", "append", "append, read, redis or nats")
	clients := flag.Int("clients", 1, "connections at once")
	depth := flag.Int("depth", 1, "requests under way on each connection")
	seconds := flag.Float64("seconds", 1, "how long requests are sent")
	size := flag.Int("bytes", 256, "of each payload")
	streams := flag.Int("streams", 0, "streams S0, S1, ... that are appended to in turn; 0: to S")
	count := flag.Int("messages", 100, "of one read")
	first := flag.Int("first", 0, "sequence number that reads begin at")
	last := flag.Int("last", 0, "sequence number that reads begin before, spread evenly; 0: all begin at the first")
	flag.Parse()

	speakers := map[string]func() speaker{
		"append": func() speaker { return appends(*size, *streams) },
		"read":   func() speaker { return reads(*count, *size, *first, *last) },
		"redis":  func() speaker { return redis(*size) },
		"nats":   func() speaker { return nats(*size) },
	}
	make, known := speakers[*kind]
	if !known {
		fail(fmt.Errorf("-kind %s: it has to be append, read, redis or nats", *kind))
	}
	lines := []*line{}
	for number := 0; number < *clients; number++ {
		connection, err := net.Dial("tcp", *address)
		if err != nil {
			fail(err)
		}
		opened, err := open(connection, make(), *depth, warmUp / *clients)
		if err != nil {
			fail(err)
		}
		lines = append(lines, opened)
	}
	answered, elapsed, err := run(lines, time.Duration(*seconds*float64(time.Second)))
	if err != nil {
		fail(err)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"answered": answered, "seconds": elapsed.Seconds(), "sent": sent(lines),
	})
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "client:", err)
	os.Exit(1)
}
