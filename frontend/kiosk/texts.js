// Words of the room screen that depend on what happens: Vietnamese first, English below. The fixed ones are in kiosk.html.
const ERRORS = {
  E_VIDEO_HOST: ["Không kết nối được máy chủ họp", "The video host cannot be reached"],
  E_REFUSED: ["Máy chủ họp chưa cho vào phòng họp", "The video host has not admitted this room yet"],
  E_TIMEOUT: ["Vào phòng họp quá lâu", "Joining took too long"],
  E_TICKET_EXPIRED: ["Vé vào phòng họp không còn hiệu lực", "The ticket for the meeting is not valid"],
  E_KICKED: ["Người chủ trì đã đưa điểm cầu ra khỏi phòng họp", "The chair removed this room from the meeting"],
  E_BRIDGE: ["Máy chủ họp này không được phép", "This video host is not allowed"],
  E_CLOCK: ["Đồng hồ của thiết bị sai, chưa thể tự vào phòng họp", "The device's clock is wrong, joining is paused"],
  E_PAIRING: ["Không lấy được mã ghép nối", "No pairing code could be obtained"],
  E_DENIED: ["Yêu cầu ghép nối bị từ chối", "The pairing was refused"],
  E_OPEN: ["Trang này đang mở ở một cửa sổ khác", "This page is open in another window"],
  E_CAM: ["Camera có sự cố", "There is a problem with the camera"],
  E_MIC: ["Micrô có sự cố", "There is a problem with the microphone"],
};

export const errorText = (code) => ERRORS[code] ?? ["Có sự cố", "Something went wrong"];

/** Milliseconds -> ["2 giờ 15 phút", "2 h 15 min"]; below a minute in seconds. */
export function span(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return [`${seconds} giây`, `${seconds} s`];
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return [`${minutes} phút`, `${minutes} min`];
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours >= 24) return [`${Math.floor(hours / 24)} ngày`, `${Math.floor(hours / 24)} d`];
  return rest ? [`${hours} giờ ${rest} phút`, `${hours} h ${rest} min`] : [`${hours} giờ`, `${hours} h`];
}

/** "4:05" for countdowns. */
export function clockSpan(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export class LocalTime {
  constructor(timeZone) {
    const format = (lang, options) => new Intl.DateTimeFormat(lang, { timeZone, ...options });
    this.hm = format("vi", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.vi = format("vi", { weekday: "long", day: "2-digit", month: "2-digit", year: "numeric" });
    this.en = format("en-GB", { weekday: "long", day: "numeric", month: "long" });
    this.iso = format("sv", { dateStyle: "short" });
  }

  time = (ms) => this.hm.format(ms);
  date = (ms) => [upperFirst(this.vi.format(ms)), this.en.format(ms)];
  sameDay = (a, b) => this.iso.format(a) === this.iso.format(b);
}

const upperFirst = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** What a hall is told before the end: [Vietnamese, English]. ending: {minutes, extension} of the agenda. */
export function endingText({ extension }, ends) {
  return extension > 0
    ? [`Kết thúc ${ends}, kéo dài được ${extension} phút`, `ends ${ends}, ${extension} min more at most`]
    : [`Kết thúc ${ends}, không kéo dài được`, `ends ${ends}, cannot go on`];
}
