package demo

import (
	"math/rand/v2"
	"strings"
)

// people is how one of the region's peoples names its children: family names, and behind them for men and women a
// middle name (or none) and a given name. The names are common ones; no person is meant.
type people struct {
	family      []string
	menMiddle   []string
	men         []string
	womenMiddle []string
	women       []string
}

func of(family, menMiddle, men, womenMiddle, women string) people {
	list := func(s string) []string { return strings.Split(s, ",") }
	return people{list(family), list(menMiddle), list(men), list(womenMiddle), list(women)}
}

var peoples = map[string]people{
	"Kinh": of("Nguyễn,Trần,Phạm,Lê,Đỗ,Vũ,Phùng,Đặng,Ngô,Hoàng", "Văn,Đức,Minh,Quang,Hữu", "Hùng,Tuấn,Dũng,Thắng,Bình,Sơn,Hải,Cường,Nghĩa,Việt",
		"Thị,Thị Thu,Thị Thanh,Thị Hồng,Ngọc", "Hà,Hương,Lan,Thủy,Hoa,Nhung,Trang,Yến,Hiền,Phượng"),
	"Tày": of("Nông,Hoàng,Lương,Bế,Ma,Hà,Đàm,La,Nguyễn,Chu", "Văn,Đình,Quang,Thế", "Thịnh,Khánh,Toàn,Kiên,Định,Hiếu,Lâm,Thuận,Quý,Đông",
		"Thị,Thị Bích,Thị Kim,Thị Mỹ", "Nga,Thơm,Duyên,Liễu,Thoa,Dung,Mến,Huệ,Hằng,Xuyến"),
	"Nùng": of("Nông,Vi,Lộc,Mông,Hứa,Lăng,Triệu,Hoàng,Lý,Phan", "Văn,Viết,Ngọc", "Bảo,Thành,Trường,Công,Tài,Sáng,Phúc,Long,Hưng,Vinh",
		"Thị,Thị Lệ,Thị Ánh", "Chiêm,Đào,Bằng,Thắm,Hạnh,Tuyết,Loan,Hợi,Slao,Diệp"),
	"Mông": of("Giàng,Vàng,Sùng,Thào,Lý,Mùa,Vừ,Hạng,Lầu,Cứ,Tráng,Ly", "A,Mí,Seo", "Dính,Páo,Chứ,Sính,Lử,Tủa,Súa,Pó,Chu,Dơ,Sèng,Vừ",
		"Thị", "Mai,Dợ,Súa,Máy,Dí,Chía,Sua,Pà,Mỷ,Say,Dua,Ca"),
	"Dao": of("Triệu,Đặng,Bàn,Phàn,Tẩn,Chảo,Phùng,Lý", "Văn,Dào,Sành,Tòn,Chòi", "Phúc,Quan,Liều,Chiêu,Kinh,Hiện,Nghiệp,Minh,Sơn,Châu",
		"Thị,Mùi,Tả,Mỷ", "Mẩy,Pham,Ghến,Liều,Ngân,Nái,Khe,Nhàn,Sai,Viện"),
	"Thái": of("Lò,Cà,Quàng,Lường,Tòng,Vì,Cầm,Bạc,Lù,Hoàng", "Văn", "Pánh,Hặc,Thoan,Ín,Inh,Phóng,Biên,Chung,Hùng,Panh",
		"Thị", "Pành,Ọi,Xoan,Ín,Nọi,Bóng,Thoa,Hương,Lả,Xuân"),
	"Mường": of("Bùi,Quách,Đinh,Hà,Bạch,Phùng", "Văn,Công,Đức", "Nhiệm,Thiện,Khuyên,Dựng,Tình,Hoan,Chiến,Thực,Bền,Ún",
		"Thị,Thị Thu", "Nhót,Ển,Thiển,Nguyệt,Hậu,Lệ,Mận,Diện,Thảo,Ngần"),
	"Giáy":   of("Vàng,Lù,Sần,Lục,Vùi,Hoàng", "Văn,A", "Lìn,Chải,Sin,Páo,Thức,Giang", "Thị", "Xuyên,Pủ,Sen,Lèn,Chén,Mai"),
	"Hà Nhì": of("Ly,Chu,Pờ,Lỳ,Sừng,Khoàng,Chang,Phùng", "Gó,Hừ,Xú,Go,Mò", "Xa,Cà,Hừ,Lòng,Po,Xá", "Mỳ,Gò,Xó,Lò", "Lế,Nu,De,Pớ,Sơ,Mé"),
	"La Chí": of("Vương,Long,Ly,Lùng,Tẩn", "Văn,Đức,Văn", "Thanh,Diu,Kính,Giáo,Tài", "Thị", "Bảo,Chắp,Liên,Mỉn,Phương"),
	"Khơ Mú": of("Quàng,Lường,Cụt,Moong,Ốc", "Văn", "Chanh,Panh,Thân,Hom,Phanh", "Thị", "Phương,Thìn,Mo,Lan,Chiên"),
}

// mix says who lives where, by programme province; a people named twice is twice as many. Rough shares, for a picture
// of the region and nothing else.
var mix = map[string]string{
	"02": "Mông,Mông,Mông,Tày,Tày,Dao,Dao,La Chí,Nùng,Giáy,Kinh", "08": "Tày,Tày,Tày,Dao,Dao,Kinh,Kinh,Kinh,Mông,Nùng",
	"04": "Tày,Tày,Tày,Nùng,Nùng,Nùng,Mông,Dao", "10": "Mông,Mông,Tày,Dao,Dao,Giáy,Hà Nhì,Nùng,Kinh", "06": "Tày,Tày,Tày,Dao,Nùng,Kinh,Mông",
	"20": "Nùng,Nùng,Nùng,Tày,Tày,Dao,Kinh", "15": "Kinh,Kinh,Tày,Tày,Dao,Mông,Thái,Mường,Giáy", "19": "Kinh,Kinh,Kinh,Tày,Tày,Nùng,Dao",
	"25": "Kinh,Kinh,Kinh,Mường,Mường,Dao", "24": "Kinh,Kinh,Kinh,Nùng,Tày,Dao", "12": "Thái,Thái,Mông,Mông,Hà Nhì,Dao,Giáy,Kinh,Khơ Mú",
	"11": "Thái,Thái,Thái,Mông,Mông,Mông,Khơ Mú,Hà Nhì,Kinh", "14": "Thái,Thái,Thái,Thái,Mông,Mông,Mường,Kinh,Khơ Mú,Dao", "17": "Mường,Mường,Mường,Mường,Thái,Dao,Tày,Kinh,Mông",
}

// Name makes a name as people of the programme province have them.
func Name(r *rand.Rand, programme string) string {
	p := peoples[Pick(r, strings.Split(mix[programme], ","))]
	if r.IntN(100) < 62 { // most who do this work are women
		return Pick(r, p.family) + " " + Pick(r, p.womenMiddle) + " " + Pick(r, p.women)
	}
	return Pick(r, p.family) + " " + Pick(r, p.menMiddle) + " " + Pick(r, p.men)
}

func Pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
