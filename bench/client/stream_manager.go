package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

const (
	connect         = 1
	appendMessage   = 4
	readMessages    = 5
	connectResponse = 6
	appendResponse  = 9
	readResponse    = 10

	variety = 512 // requests with ids of their own
)

// streamManager speaks to a stream manager with requests of one kind.
type streamManager struct {
	frames     [][]byte
	ids        [][]byte
	operation  byte // of the answers
	leastBytes int  // of an answer
	body       []byte
}

func appends(size, streams int) speaker {
	made := &streamManager{operation: appendResponse}
	payload := bytes.Repeat([]byte("r"), size)
	for number := 0; number < max(variety, streams); number++ {
		name := "S"
		if streams > 0 {
			name = fmt.Sprintf("S%d", number%streams)
		}
		id := requestID(number)
		fields := [][]byte{text("requestId"), text(id), text("name"), text(name), text("payload"), byteString(payload)}
		made.add(appendMessage, id, fields)
	}
	return made
}

func reads(count, size, first, last int) speaker {
	made := &streamManager{operation: readResponse, leastBytes: count * size}
	for number := 0; number < variety; number++ {
		id, start := requestID(number), first
		if last > first {
			start += number * (last - first) / variety
		}
		options := [][]byte{
			text("desiredStartSequenceNumber"), unsigned(0, start),
			text("minMessageCount"), unsigned(0, count), text("maxMessageCount"), unsigned(0, count),
		}
		fields := [][]byte{
			text("requestId"), text(id), text("streamName"), text("S"),
			text("readMessagesOptions"), mapOf(options),
		}
		made.add(readMessages, id, fields)
	}
	return made
}

func (s *streamManager) add(operation byte, id string, fields [][]byte) {
	s.frames = append(s.frames, frame(operation, mapOf(fields)))
	s.ids = append(s.ids, text(id))
}

func (s *streamManager) greet(connection net.Conn, answers *bufio.Reader) error {
	fields := [][]byte{text("requestId"), text("connect"), text("protocolVersion"), text("1.1.0")}
	if _, err := connection.Write(append([]byte{1}, frame(connect, mapOf(fields))...)); err != nil {
		return err
	}
	if version, err := answers.ReadByte(); err != nil || version != 1 {
		return fmt.Errorf("the connection was not taken: version %d, %v", version, err)
	}
	return s.answer(answers, connectResponse, text("connect"), 0)
}

func (s *streamManager) requests() [][]byte { return s.frames }

func (s *streamManager) check(answers *bufio.Reader, number int) error {
	return s.answer(answers, s.operation, s.ids[number%len(s.ids)], s.leastBytes)
}

// answer takes one frame, which has to be a success with this id and not too short.
func (s *streamManager) answer(answers *bufio.Reader, operation byte, id []byte, leastBytes int) error {
	header := [5]byte{}
	if _, err := io.ReadFull(answers, header[:]); err != nil {
		return err
	}
	length := int(binary.BigEndian.Uint32(header[:4])) - 1
	if cap(s.body) < length {
		s.body = make([]byte, length)
	}
	body := s.body[:length]
	if _, err := io.ReadFull(answers, body); err != nil {
		return err
	}
	success := bytes.Contains(body, []byte("fstatus\x00")) && bytes.Contains(body, id)
	if header[4] != operation || !success || length < leastBytes {
		return fmt.Errorf("not the answer that was waited for: operation %d, %q", header[4], body[:min(length, 300)])
	}
	return nil
}

func requestID(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", number) }

func frame(operation byte, payload []byte) []byte {
	header := binary.BigEndian.AppendUint32(nil, uint32(len(payload)+1))
	return append(append(header, operation), payload...)
}

// unsigned is the head of a CBOR item: its major type and a number.
func unsigned(major byte, number int) []byte {
	switch {
	case number < 24:
		return []byte{major<<5 | byte(number)}
	case number < 1<<8:
		return []byte{major<<5 | 24, byte(number)}
	case number < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(number))
	default:
		return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(number))
	}
}

func text(letters string) []byte       { return append(unsigned(3, len(letters)), letters...) }
func byteString(content []byte) []byte { return append(unsigned(2, len(content)), content...) }

// mapOf has keys and values in turn.
func mapOf(items [][]byte) []byte {
	return append(unsigned(5, len(items)/2), bytes.Join(items, nil)...)
}
