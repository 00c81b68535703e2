package spelling

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// closedList are how words for closed begin: mySociety's extended states, CitySDK, SeeClickFix, and what cities say in
// other languages. They are written without case, blanks and hyphens, and without the marks of letters where a word
// is told by the others. A dot ends a whole word: what goes on from it means something else ("valmisteilla", in
// preparation). A word behind a minus is none of them, although it begins like one ("Traitement en cours").
const closedList = `
closed fixed resolved complete done. finished solved archived cancelled canceled rejected processed declined dismissed
	duplicate nofurtheraction unabletofix notresponsible notcouncilsresponsibility internalreferral withdrawn wontfix
erledigt geschlossen abgeschlossen gelöst gelost geloest behoben beendet nichtlosbar nichtloesbar abgelehnt zuruckgewiesen
	zurueckgewiesen duplikat dublette archiviert fertig. storniert
afgehandeld afgerond afgesloten afgewezen gesloten opgelost voltooid geannuleerd
suljettu valmis. ratkaistu kasitelty hylatty paattynyt arkistoitu korjattu
avslutad stangd atgardad avvisad fardig -fardigstalls faerdig -faerdiggores löst. klar. avsluttet afsluttet lukket løst. ferdig -ferdigstilles
	fullfort utbedret udbedret avvist afvist lokað lokad lokið lokid afgreitt
fechad concluid resolvid encerrad finalizad arquivad cancelad rejeitad pechad rematad
cerrad resuelt terminad solucionad rechazad archivad finalitza tancat tancad resolt itxita konponduta ebatzita amaituta
ferme -fermeture clotur -clotureencours clos. close. resolu -resolution termine traite -traitement rejete annule classe. classesanssuite
chius risolt completat conclus -conclusion annullat archiviat evas. evasa. evaso.
κλειστ έκλεισε εκλεισε ολοκληρ -ολοκλήρωση -ολοκληρωση επιλύ επιλυ -επίλυση -επιλυση διεκπεραι -διεκπεραίωση -διεκπεραιωση απορρίφ απορριφ
kapali kapatildi kapandi cozuldu tamamlandi sonuclandi. sonuclandirildi giderildi bitti iptal reddedildi
zamknie -zamkniecie rozwiazan -rozwiazanie -rozwiazania zakonczon naprawion zalatwion zrealizowan odrzucon anulowan umorzon
uzavren -uzavreni vyresen -vyreseni dokoncen -dokonceni ukoncen -ukonceni zamitnut zrusen -zruseni vyrizen -vyrizeni opraven -opraveni
	uzavret -uzavretie vyriesen -vyriesenie zamietnut vybaven -vybavenie
lezart lezarva megoldva megoldott megoldodott befejezve befejezett befejezodott elutasit elkeszult torolve kijavitva elvegez
inchis rezolvat solutionat finalizat respins anulat
zatvoren rijesen rjeseno resen zavrsen zakljucen odbijen otklonjen zaprt zavrnjen odpravljen
затворен решен -решени завршен закључен одбијен приключен отхвърлен
закрыт -закрыти решён выполнен -выполнени завершен -завершени завершён исправлен -исправлени устранен -устранени устранён
	отклонен -отклонени отклонён отменен -отменени отменён
закрит -закритт вирішен -вирішенн виконан -виконанн усунен -усуненн усунут -усунутт відхилен -відхиленн скасован
suletud lahendatud lopetatud tehtud slegts slegta atrisinats atrisinata pabeigts pabeigta noraidits noraidita
	uzdaryta issprest uzbaigt atmest ivykdyt
selesai ditutup ditolak dibatalkan
完了 対応完了 対応済 解決済 処理済 終了 クローズ 已关闭 已關閉 已解决 已解決 已完成 已处理 已處理 已办结 已結案 已结案 结案 結案
완료 처리완료 조치완료 답변완료 해결됨 해결완료 종결 종료
סגור נסגר טופל הושלם מغلق مغلق مغلقة مكتمل تمالحل تمالإغلاق`

// closedWords are the entries of closedList.
var closedWords = sync.OnceValue(func() map[string]closedWord {
	all := map[string]closedWord{}
	for entry := range strings.FieldsSeq(closedList) {
		word, isOther := strings.CutPrefix(entry, "-")
		word, whole := strings.CutSuffix(word, ".")
		all[word] = closedWord{closed: !isOther, whole: whole}
	}
	return all
})

// longestWord is above the length of all entries: what is behind it in a word, which may have megabytes, is not asked.
const longestWord = 64

// closedWord is what a word says that begins with an entry, or that is one.
type closedWord struct{ closed, whole bool }

// IsClosed reports whether a state, spelt by [Fold], means that nothing more is to be done.
func IsClosed(word string) bool { return beginsClosed(word) || beginsClosed(Plain(word)) }

// beginsClosed looks for the longest entry that word begins with.
func beginsClosed(word string) (closed bool) {
	all := closedWords()
	for end := 0; end < min(len(word), longestWord); {
		_, size := utf8.DecodeRuneInString(word[end:])
		end += size
		if w, ok := all[word[:end]]; ok && (!w.whole || end == len(word)) {
			closed = w.closed
		}
	}
	return closed
}
