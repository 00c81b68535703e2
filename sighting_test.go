package open311

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSightingSums: checkpoints hold these sums and keys. If they change, every request of every feed in
// production counts as changed.
func TestSightingSums(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	r := &ServiceRequest{Token: "t9", Status: "In_Progress", StatusNotes: " seen ", ServiceCode: "POT", Description: "Loch\n", AgencyResponsible: "Bauhof",
		RequestedDatetime: at, UpdatedDatetime: at.Add(time.Hour), ExpectedDatetime: at.AddDate(0, 0, 7), Address: "Hauptstraße 1",
		Location: &Point{Lat: 50.94131, Long: 6.95829}, MediaURL: "https://city.example/1.jpg?sig=1"}
	type seen struct {
		Key       string
		Sum, Text uint32
		Aliases   [2]string
	}
	var got []seen
	note := func() {
		s := sighting(r)
		got = append(got, seen{s.Key, s.Sum, s.Text, s.Record.Aliases()})
	}
	note()
	r.Token, r.Location, r.MediaURL = "", nil, "https://city.example/2.jpg"
	note()
	r.ID = "26-1"
	note()
	want := []seen{
		{"\x00tt9", 2781965631, 513149121, [2]string{"\x00tt9", "\x00c74c16fcf7960f1b6"}},
		{"\x00cba6a642105406ce0", 2781965631, 2356861730, [2]string{"\x00t", "\x00cba6a642105406ce0"}},
		{"26-1", 2781965631, 2356861730, [2]string{"\x00t", "\x00cba6a642105406ce0"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestStateWords: how words for closed begin, in the languages of the catalogue's cities.
func TestStateWords(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{
		"open": false, "closed": true, "Closed - Completed": true, "CLOSED_ARCHIVED": true, "Fixed - Council": true, "Unable to fix": true,
		"Duplicate": true, "Erledigt – ohne Befund": true, "Abgeschlossen": true, "GELÖST": true, "Afgehandeld": true, "Suljettu": true,
		"Valmis": true, "Valmisteilla": false, "Avslutad": true, "Lukket": true, "Resolvido": true, "Cerrada": true, "Clôturé": true, "Κλειστό": true,
		"Kapalı": true, "KAPALI": true, "Kapatıldı": true, "Çözüldü": true, "cozuldu": true, "İptal edildi": true, "Kapatılacak": false, "Sonuçlandırılıyor": false, "Çözülmedi": false, "Açık": false,
		"RESOLU": true, "Résolue": true, "Résolution en cours": false, "Traité le 3 mars": true, "Traitement en cours": false, "Clôture en cours": false, "Ferme\u0301": true,
		"Lost": false, "løst": true, "löst": true, "Färdigställs": false, "Afsluttet": true, "Færdig": true, "Lokið": true,
		"Zamknięte": true, "Zamknięcie": false, "Rozwiązane": true, "Rozwiązanie w toku": false, "Vyřešeno": true, "Uzavřeno": true, "Uzavření": false,
		"Lezárva": true, "Lezárás alatt": false, "Închis": true, "Soluționat": true, "Riješeno": true, "Zaključeno": true, "Suletud": true, "Uždaryta": true, "Atrisināts": true,
		"Закрыто": true, "Решено": true, "Решение принимается": false, "Выполнено": true, "На выполнении": false, "Виконано": true, "Виконання": false, "Решён": true,
		"完了": true, "未完了": false, "已解决": true, "처리완료": true, "סגור": true, "مغلق": true, "Selesai": true, "Tancat": true, "Itxita": true,
		"Ολοκληρώθηκε": true, "Ολοκλήρωση σε εξέλιξη": false,
		"Close to completion": false, "In progress": false, "not closed": false, "in Bearbeitung": false, "reopened": false, "": false,
	} {
		if _, got := stateWord(word); got != want {
			t.Errorf("%q means closed: %v", word, got)
		}
	}
}
