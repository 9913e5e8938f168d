"""What links, numbers and names of sellers look like in folded text."""

LINKS: tuple[tuple[str, str], ...] = (
    ("telegram", r"(?:t|telegram)\.(?:me|dog)/(?:s/|joinchat/|\+)?(?P<name>[a-z0-9_\-]{4,40})"),
    ("whatsapp", r"(?:wa\.me/|whatsapp\.com/send/?\?phone=)\+?(?P<digits>\d{8,15})"),
    ("whatsapp", r"(?:chat\.whatsapp\.com/|wa\.me/(?:message|qr)/)(?P<name>[a-z0-9]{10,30})"),
    ("zalo", r"zalo\.me/(?P<digits>\d{8,15})"),
    ("zalo", r"zalo\.me/(?P<name>(?:g/)?[a-z0-9]{4,30})"),
    ("line", r"line\.me/(?:r/)?ti/(?:p|g2?)/(?P<name>[@~%a-z0-9_.\-]{3,60})"),
    ("line", r"lin\.ee/(?P<name>[a-z0-9]{4,20})"),
    ("viber", r"viber\.com/\?g2=(?P<name>[a-z0-9%_\-]{6,80})"),
    ("viber", r"viber://(?:chat|add)\?number=(?:%2b|\+)?(?P<digits>\d{8,15})"),
    (
        "facebook",
        r"(?:facebook|fb)\.com/(?!groups/|people/|profile\.php)(?P<name>[a-z0-9.\-_]{3,60})",
    ),
    ("facebook", r"facebook\.com/(?:groups/|people/[^/\s]+/)(?P<name>[a-z0-9.\-_]{3,60})"),
    ("facebook", r"facebook\.com/profile\.php\?id=(?P<name>\d{3,60})"),
    ("facebook", r"(?<![a-z0-9])(?:m|fb)\.me/(?P<name>[a-z0-9.\-_]{3,60})"),
    ("instagram", r"instagram\.com/(?P<name>[a-z0-9._]{2,30})"),
    ("wechat", r"(?:u\.wechat|weixin\.qq)\.com/(?:r/)?(?P<name>[a-z0-9_\-]{6,60})"),
)
# What may stand between a channel's word and its handle; `said` is a sign or word for "is".
BETWEEN = (
    r"(?:[ \t]|(?P<said>[:=>→👉⇒៖]|@(?=[ :])|号码|号|同号|账号|是|搜|加我|เบอร์|ไอดี|ເບີ|លេខ|နံပါတ်|ពី|"
    r"(?<![a-z])(?:id|no\.(?= ?[\d@])|no(?=[ :]+\d)|number|số|là|ialah|chat|add|name)(?![a-z]))|"
    r"[.,\-~(\[（【\"'/|&+❤♥💬📱📲☎➕]|hoặc|và|and|or|和|หรือ)*"
)
PARTING = r"[/,&+|\-]"
NUMBER = r"(?<!\d)(?<!\d[.,])\+?\(?\d(?:[ .()\-_*~·/]{0,2}\d){7,14}(?!\d)(?![.,]\d)"
PRICE_FOLLOWS = (
    r"[ ]?(?:đ|₫|vnd|k(?![a-zà-ỹ])|tr(?![a-zà-ỹ])|triệu|元|块|万|บาท|฿|ກີບ|៛|រៀល|ကျပ်|ks|usd|\$|rp|%|"
    r"kg|g(?![a-zà-ỹ]))"
)
PRICE_BEFORE = r"(?:rp\.?|rm|[$¥฿₫₭€£]|idr|vnd|isbn|imei|mã|giá|code|sn|单号|编号)[ :.]*\Z"
AFTER_NUMBER = r"[ (\[/,\-|:]{0,3}"
NAMES = {
    "wechat": r"(?P<name>[a-z][a-z0-9_\-]{4,19})(?![a-z0-9_])",
    "line": r"(?P<name>@?[a-z0-9][a-z0-9._\-]{1,18}[a-z0-9_])(?![a-z0-9_])",
    "telegram": r"(?P<name>@?[a-z][a-z0-9_]{3,31})(?![a-z0-9_])",
    "instagram": r"(?P<name>@?[a-z0-9_][a-z0-9._]{2,29})(?![a-z0-9_])",
    "facebook": r"(?P<name>@?[^\s,;|/:()][^\n,;|:()]{2,40})",
    "qq": r"(?P<name>[1-9]\d{4,10})(?!\d)",
}
