package console

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// Sealing says for whom a backup is encrypted: for nobody unless a flag is given. The file is then one of the age
// format (age-encryption.org/v1) around the same archive, and the program of that name reads it too.
type Sealing struct {
	To             []string `placeholder:"RECIPIENT" help:"Encrypt the file to this age recipient (age1…), or to each of a file that has one a line. May be given several times."`
	PassphraseFile string   `type:"existingfile" placeholder:"FILE" help:"Encrypt the file with the passphrase in this one, in place of --to."`
}

// leastPassphrase is how many bytes a passphrase has at least.
const leastPassphrase = 12

// recipients are whom the flags name.
func (s Sealing) recipients() (all []age.Recipient, err error) {
	if s.PassphraseFile != "" {
		if len(s.To) > 0 {
			return nil, errors.New("give recipients or a passphrase, not both: age does not mix them")
		}
		phrase, err := readPassphrase(s.PassphraseFile)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(phrase)
		return []age.Recipient{r}, err
	}
	for _, to := range s.To {
		some, err := readRecipients(to)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// readRecipients reads a recipient, or the file of that name with one a line.
func readRecipients(to string) ([]age.Recipient, error) {
	if strings.HasPrefix(to, "age1") {
		all, err := age.ParseRecipients(strings.NewReader(to))
		if err != nil {
			return nil, fmt.Errorf("--to %s: not an age recipient, which age-keygen prints as its public key", to)
		}
		return all, nil
	}
	text, err := os.ReadFile(to)
	if err != nil {
		return nil, fmt.Errorf("--to %s: neither an age recipient (age1…) nor a file that can be read: %w", to, err)
	}
	all, err := age.ParseRecipients(bytes.NewReader(text))
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("--to %s: the file has a line that is no age recipient (age1…), or none", to)
	}
	return all, nil
}

func readPassphrase(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	phrase := strings.TrimRight(string(text), "\r\n")
	if len(phrase) < leastPassphrase {
		return "", fmt.Errorf("the passphrase in %s is too short: %d bytes, where %d are the least", file, len(phrase), leastPassphrase)
	}
	return phrase, nil
}

// seal gives a writer of which everything is encrypted into to. Closing it does not close to.
func (s Sealing) seal(to io.Writer) (io.WriteCloser, error) {
	all, err := s.recipients()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return open{to}, nil
	}
	return age.Encrypt(to, all...)
}

// open is a writer that nothing has to be done for at the end.
type open struct{ io.Writer }

func (open) Close() error { return nil }

// Opening says with what a backup that is encrypted is read.
type Opening struct {
	Identity       []string `type:"existingfile" placeholder:"FILE" help:"File with the age identity (AGE-SECRET-KEY-…) that the backup is encrypted to."`
	PassphraseFile string   `type:"existingfile" placeholder:"FILE" help:"File with the passphrase that the backup is encrypted with."`
}

// ageIntro is how every file of age begins.
const ageIntro = "age-encryption.org/"

// open gives what is in a backup, decrypted where it is encrypted.
func (o Opening) open(from io.Reader) (io.Reader, error) {
	text := bufio.NewReader(from)
	if head, _ := text.Peek(len(ageIntro)); string(head) != ageIntro { // one that is too short is no backup either
		return text, nil
	}
	identities, err := o.identities()
	if err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(text, identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, ArchiveFault("is encrypted to another key, or with another passphrase, than the one given")
	}
	if err != nil {
		return nil, damaged("%v", err)
	}
	text = bufio.NewReader(plain)
	if _, err := text.Peek(1); err != nil {
		return nil, cut(err)
	}
	return text, nil
}

// identities are those that the flags name.
func (o Opening) identities() (all []age.Identity, err error) {
	for _, file := range o.Identity {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		some, err := age.ParseIdentities(bytes.NewReader(text))
		if err != nil || len(some) == 0 { // what stands in it is secret
			return nil, fmt.Errorf("%s is no file of age identities (AGE-SECRET-KEY-…)", file)
		}
		all = append(all, some...)
	}
	if o.PassphraseFile != "" {
		phrase, err := readPassphrase(o.PassphraseFile)
		if err != nil {
			return nil, err
		}
		one, err := age.NewScryptIdentity(phrase)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, ArchiveFault("is encrypted; give its key with --identity FILE, or its passphrase with --passphrase-file FILE")
	}
	return all, nil
}

// Read is ReadArchive of a backup that may be encrypted.
func (o Opening) Read(from io.Reader, to ArchiveVisitor) (ArchiveHead, ArchiveEnd, error) {
	plain, err := o.open(from)
	if err != nil {
		return ArchiveHead{}, ArchiveEnd{}, err
	}
	return ReadArchive(plain, ArchivedKinds(), to)
}
