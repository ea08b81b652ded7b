package main

import (
	"bufio"
	"net"
	"time"
)

// A speaker knows one protocol.
type speaker interface {
	// greet does what comes before the first request.
	greet(connection net.Conn, answers *bufio.Reader) error
	// requests are all that there are, encoded; they are sent in turn, over and over.
	requests() [][]byte
	// check takes one answer; number is that of its request.
	check(answers *bufio.Reader, number int) error
}

// warmUp is how many requests are answered before the clock runs, on all lines together.
const warmUp = 400

// A line is one connection with a fixed number of requests under way.
type line struct {
	connection     net.Conn
	answers        *bufio.Reader
	speaker        speaker
	requests       [][]byte
	sent, answered int
}

func open(connection net.Conn, speaker speaker, depth, warmUp int) (*line, error) {
	opened := &line{
		connection: connection,
		answers:    bufio.NewReaderSize(connection, 1<<20),
		speaker:    speaker,
	}
	if err := speaker.greet(connection, opened.answers); err != nil {
		return nil, err
	}
	opened.requests = speaker.requests()
	if err := opened.send(depth); err != nil {
		return nil, err
	}
	for opened.answered < warmUp {
		if err := opened.turn(true); err != nil {
			return nil, err
		}
	}
	return opened, nil
}

// send puts so many requests on their way, in one write.
func (l *line) send(count int) error {
	if count == 1 {
		_, err := l.connection.Write(l.requests[l.sent%len(l.requests)])
		l.sent++
		return err
	}
	joined := []byte{}
	for ; count > 0; count-- {
		joined = append(joined, l.requests[l.sent%len(l.requests)]...)
		l.sent++
	}
	_, err := l.connection.Write(joined)
	return err
}

// turn takes the answers that are here, at least one, and sends as many requests.
func (l *line) turn(again bool) error {
	taken := 0
	for taken == 0 || l.answers.Buffered() > 0 {
		if err := l.speaker.check(l.answers, l.answered); err != nil {
			return err
		}
		l.answered++
		taken++
	}
	if !again {
		return nil
	}
	return l.send(taken)
}

func (l *line) until(deadline time.Time) error {
	for time.Now().Before(deadline) {
		if err := l.turn(true); err != nil {
			return err
		}
	}
	for l.answered < l.sent {
		if err := l.turn(false); err != nil {
			return err
		}
	}
	return nil
}

// run sends for so long on all lines at once and waits for the last answers.
func run(lines []*line, duration time.Duration) (answered int, elapsed time.Duration, err error) {
	before := 0
	for _, each := range lines {
		before += each.answered
	}
	start := time.Now()
	ends := make(chan error)
	for _, each := range lines {
		go func() { ends <- each.until(start.Add(duration)) }()
	}
	for range lines {
		if end := <-ends; end != nil {
			err = end
		}
	}
	elapsed = time.Since(start)
	for _, each := range lines {
		answered += each.answered
	}
	return answered - before, elapsed, err
}

// sent counts all requests, also those of the warm-up.
func sent(lines []*line) (count int) {
	for _, each := range lines {
		count += each.sent
	}
	return count
}
