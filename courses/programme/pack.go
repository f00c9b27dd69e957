package programme

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
)

// pack writes values as JSON, one after the other, packed: what a file says is large, and waits a day or longer.
func pack(values ...any) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	to := json.NewEncoder(z)
	for _, v := range values {
		if err := to.Encode(v); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// unpack reads what pack wrote, value after value.
func unpack(packed []byte) (*json.Decoder, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return json.NewDecoder(z), nil
}
