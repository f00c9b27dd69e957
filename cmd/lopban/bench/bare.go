package bench

import (
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/xuri/excelize/v2"

	"lopban/courses/targets"
)

// This file is what the libraries do with nothing of ours around them: the limits that bench measures beside the
// product.

// BareSite answers every request with the same bytes.
func BareSite(headers map[string]string, body []byte) (addr string, stop func() error, err error) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/*", func(c *fiber.Ctx) error {
		for name, value := range headers {
			c.Set(name, value)
		}
		return c.Send(body)
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go app.Listener(ln)
	return ln.Addr().String(), app.Shutdown, nil
}

// BareSheet writes rows of cells as a spreadsheet.
func BareSheet(out io.Writer, rows int, row func(i int) []any) error {
	x := excelize.NewFile()
	defer x.Close()
	date := "dd/mm/yyyy"
	style, err := x.NewStyle(&excelize.Style{CustomNumFmt: &date})
	if err != nil {
		return err
	}
	s, err := x.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	for i := range rows {
		cells := row(i)
		for j, c := range cells {
			if day, ok := c.(targets.Day); ok {
				cells[j] = excelize.Cell{StyleID: style, Value: day.Time()}
			}
		}
		if err := s.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	if err := s.Flush(); err != nil {
		return err
	}
	return x.Write(out)
}
