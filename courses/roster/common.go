package roster

// commonWords are the passwords, and the words passwords are made of, that are tried first: folded, without spaces. With isCommon's tails they stand for
// some thousands of passwords (ASVS 5.0, 6.2.4 and 6.2.11: also the words of this product).
const commonWords = `
matkhau matkhaumoi matkhaucu matkhaucuatoi matkhaula matkhaukhongco matkhaumacdinh khongcomatkhau khongcopass quenmatkhau doimatkhau matma mkhau mkmoi
anhyeuem emyeuanh anhyeuemnhieu emyeuanhnhieu yeuanh yeuem yeuemnhieu yeuanhnhieu yeumai yeumaimai yeunhau yeuthuong yeulamgi yeubame yeugiadinh conyeume conyeubo
conyeubame mebeo mecuacon bome bomeyeu bomeoi giadinh giadinhtoi giadinhhanhphuc giadinhlasomot hanhphuc tinhyeu tinhyeuoi tinhban banbe motminh cuocsong cuocdoi
nhoem nhoanh nhonhau nhomai vinhbiet tamquen honhan vochong voyeu chongyeu vocon concung conyeu conyeucuame congai contrai consau meocon chocon
xinchao chaoban chaoem chaoanh camon camonban tambiet toiyeu toiyeuem toiyeuanh toiyeuvietnam toilatoi toilaai toiten khongbiet khongbietnua khongnho khongyeu khongco
khongquen khongaibiet khongnoi bimat bimatnhe bimatcuatoi dunghoi deobiet dangnhap dangky taikhoan quantri quantrivien nguoidung hethong mamay maytinh
dienthoai internet mangxahoi facebook zalo zalopay youtube google gmail samsung oppo nokia iphone xiaomi viettel vinaphone mobifone vietnamobile vnpt
vietnam vietnamvodich vietnamoi vietnamquehuongtoi vodich quehuong datnuoc tonghop hanoi hanoimoi saigon saigondep hochiminh bachothichi bacho bachoyeu
caobang tuyenquang dienbien dienbienphu laichau sonla laocai yenbai thainguyen langson bacgiang bacninh phutho hoabinh hagiang backan vinhphuc
sapa bachlongvi haiphong danang nghean thanhhoa quangninh halong hungvuong denhung
lopban lopbanlang thuvien thuvienxa thuvientinh thuvienhuyen thuvienquocgia thuvienviet thuvienvietnam thuthu docsach vanhoadoc vanhoa vanhoadocviet canbo canbothuvien canboxa
ubndxa ubnd uybannhandan uyban tusach tusachphapluat buudien buudienxa buudienvanhoa nhavanhoa trungtam hoctap hoctapsuotdoi giaovien hocvien hocsinh sinhvien lophoc truonghoc
taphuan boiduong chungnhan chungchi giaychungnhan chuongtrinh quyetdinh daotao nongthonmoi xadang library librarian
nguyen nguyenvan nguyenthi nguyenvana nguyenvanan tranvan tranthi levan lethi phamvan phamthi hoangvan hoangthi vuvan vuthi dangvan buivan dovan lyvan
nguyenthanh nguyenduc nguyenminh nguyenanh nguyenhoang nguyenhuong nguyenlinh nguyenlan nguyennam nguyentuan tuananh minhanh hoanganh ngocanh quynhanh phuonganh lananh
thanhtung thanhnam thanhcong thanhtam thanhha thanhhuong thuhuong thuha thuthuy thuytrang huyentrang phuongthao thuylinh khanhlinh hoanglong hoangnam ducanh quanghuy
minhquan giabao baongoc baotran tuongvi hoahong hoasen hoamai hoadao hoabanhoaban hoaphuong maimai mailinh thienthan thiensu congchua hoangtu nhocon nhoclun
nhoxinh bexinh becon beyeu becung cobe cobedethuong dethuong xinhdep deptrai deptraicogisai langtu sieunhan sieuquay quyvuong lienquan lienminh
bongda tiengviet tienganh tieuhoc muaxuan muathu muadong muaha mualanh mattroi matrang bautroi bienxanh nuocmat nucuoi ngoisao ngayxua ngaymai homnay homqua
motngaymoi motnamhai motnam motnambon motngay namnam maymans mayman phattai phatloc loclocphat tienvang tiennhieu lamgiau thanhdat taivuong thantai
abcxyz abcdxyz aabbcc aabbccdd abc123abc abcabc123 asdasd asdf asdfg asdfgh asdfghj asdfghjk asdfghjkl asdfjkl qwe qweqwe qweasd qweasdzxc qwer qwert qwerty qwertyu qwertyui qwertyuio qwertyuiop qazwsx qazwsxedc
qazxsw zaqwsx zaqxsw zxc zxcv zxcvb zxcvbn zxcvbnm zxcasdqwe poiuytrewq lkjhgfdsa mnbvcxz wasd 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx
123qweasd 123qweasdzxc qwe123qwe 123456qwerty 1234qwer 12345qwert 12qwaszx 123456abc 123456abcd 123abc123 abc12345678 a123456789 a1234567890 aa123456789 qwerty123456 qwerty12345678 123456789a 123456789aa
123456789abc 12345678a 1234567a 123456aa 1234567q 123456789q a12345678 aa12345678 a1b2c3d4 a1b2c3d4e5 1a2b3c4d 1a2b3c4d5e asd123456 abcd123456 qwe123456 zxc123456 q123456789
1234567891 12345678910 123456789123 1234567899 12345678900 0123456789 01234567890 0987654321 09876543210 9876543210 987654321 1234512345 12344321 1234554321 123454321 123321123 123123321 123456654321
1357924680 13579246810 135792468 147258369 147852369 159357456 159753456 14725836 74108520 963852741 789456123 789456123a 741852963 102030405060 1020304050 10203040 11223344 1122334455 112233445566 11112222
1111122222 00001111 11110000 12341234a 22334455 33445566 66778899 55667788 99887766 88997766 13131313a 19001009 19951995a 20002000a 01010101a 02091945 30041975 19051890 20112011 03021930 22121944
01011990 01011991 01011992 01011993 01011994 01011995 01011996 01011997 01011998 01011999 01012000 01012001 01011980 01011985 01011988 01011989
password passwd passwort passpass pass passcode passphrase passworld mypassword newpassword oldpassword nopassword thepassword yourpassword userpassword password1password secret secretpassword topsecret
admin administrator adminadmin adminpass adminpassword rootroot root toor superuser supervisor manager master masterkey system default guest guestguest useruser username login loginlogin test testing
testtest tester testuser demo demodemo welcome welcometo letmein letmeinnow changeme changemenow changeit access accessgranted server computer internetexplorer windows microsoft windowsxp
iloveyou iloveyouso iloveu iloveme ilovemom ilovevietnam iloveyoubaby loveyou lovely lovelove loveme lover loveforever foreverlove truelove myloves mylove mybaby babygirl babyboy sweetheart sweetie honey darling
princess sunshine football baseball basketball volleyball superman batman spiderman ironman starwars pokemon pikachu doraemon nobita conan naruto songoku dragonball onepiece minecraft freefire
liverpool chelsea arsenal barcelona realmadrid manchester manchesterunited manutd ronaldo messi juventus cristiano michael jennifer michelle jessica charlie jordan jordan23 thomas daniel andrew joshua matthew
monkey dragon shadow mustang killer hunter hunter2 ninja tiger lion phoenix eagle butterfly dolphin chocolate banana cookie cheese pepper summer winter spring autumn december november september october
january february monday tuesday wednesday thursday friday saturday sunday birthday happybirthday christmas happynewyear chucmungnammoi happy happyday smile hello hellohello helloworld whatever trustno trustnoone
nothing nopass none freedom forever family blessed angel angels heaven jesus jesuschrist godisgood spirit diamond silver golden flower flowers purple orange yellow rainbow blackwhite starlight
samsunggalaxy galaxy apple android toyota honda yamaha mercedes ferrari porsche corvette harley harleydavidson suzuki vinfast winner exciter airblade
abcdefgh1 abcdefghi1 abc123456 abc123456789 abc1234567 abcd1234 abcd12345 abcde12345 abcdef123456 aaaaaaa1 aaaa1111 aaa111222 abc12345 asdf1234 asdfasdf1 qwertyqwerty fuckyou fuckyouall computer1
vietnam1975 vietnam1945 hanoi1010 hanoi1000nam lopban1687 1687qdttg quyetdinh1687 thuvien1687
`
