package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// redisStreams adds to a stream of Redis.
type redisStreams struct{ command []byte }

func redis(size int) speaker {
	command := fmt.Sprintf("*5\r\n$4\r\nXADD\r\n$1\r\nS\r\n$1\r\n*\r\n$1\r\np\r\n$%d\r\n%s\r\n", size, strings.Repeat("r", size))
	return &redisStreams{[]byte(command)}
}

func (r *redisStreams) greet(net.Conn, *bufio.Reader) error { return nil }

func (r *redisStreams) requests() [][]byte { return [][]byte{r.command} }

// check takes an id, as in "$15\r\n1700000000000-0\r\n".
func (r *redisStreams) check(answers *bufio.Reader, number int) error {
	head, err := answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	if head[0] != '$' {
		return fmt.Errorf("not the id of an entry: %q", head)
	}
	id, err := answers.ReadSlice('\n')
	if err == nil && !bytes.Contains(id, []byte("-")) {
		err = fmt.Errorf("not the id of an entry: %q", id)
	}
	return err
}

// jetStream publishes to a stream of NATS and waits for what JetStream says of it.
type jetStream struct{ command []byte }

func nats(size int) speaker {
	return &jetStream{[]byte(fmt.Sprintf("PUB S answers %d\r\n%s\r\n", size, strings.Repeat("r", size)))}
}

func (n *jetStream) greet(connection net.Conn, answers *bufio.Reader) error {
	if _, err := answers.ReadSlice('\n'); err != nil {
		return err
	}
	_, err := fmt.Fprintf(connection, "CONNECT {\"verbose\":false}\r\nSUB answers 1\r\n")
	if err != nil {
		return err
	}
	stream, err := json.Marshal(map[string]any{"name": "S", "subjects": []string{"S"}, "storage": "file"})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(connection, "PUB $JS.API.STREAM.CREATE.S answers %d\r\n%s\r\n", len(stream), stream)
	if err != nil {
		return err
	}
	_, err = message(answers)
	return err
}

func (n *jetStream) requests() [][]byte { return [][]byte{n.command} }

func (n *jetStream) check(answers *bufio.Reader, number int) error {
	content, err := message(answers)
	if err == nil && (!bytes.Contains(content, []byte(`"seq":`)) || bytes.Contains(content, []byte(`"error"`))) {
		err = fmt.Errorf("not an acknowledgement: %q", content)
	}
	return err
}

// message is the content of the next one, as in "MSG answers 1 26\r\n{...}\r\n".
func message(answers *bufio.Reader) ([]byte, error) {
	head, err := answers.ReadString('\n')
	if err != nil {
		return nil, err
	}
	words := strings.Fields(head)
	if words[0] == "PING" || words[0] == "+OK" || words[0] == "INFO" {
		return message(answers)
	}
	if words[0] != "MSG" {
		return nil, fmt.Errorf("not a message: %q", head)
	}
	size, err := strconv.Atoi(words[len(words)-1])
	if err != nil {
		return nil, err
	}
	content := make([]byte, size+2)
	_, err = io.ReadFull(answers, content)
	return content, err
}
