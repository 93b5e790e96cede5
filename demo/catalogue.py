"""What the demo organisation services: product lines, the components that wear out, and everything else that goes wrong.

Plain data. Texts that people read are `中文 English`, the way a house with staff of both languages labels things.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A service region: its share of the customers, its cities, and how slow it is (1 = as promised)."""

    key: str
    label: str
    share: float
    cities: tuple[str, ...]
    slowness: float = 1.0


@dataclass(frozen=True)
class Line:
    """A product line. `per_day` is the median usage of one unit per calendar day, in `unit`."""

    key: str
    label: str
    prefix: str
    share: float
    unit: str
    per_day: float
    models: tuple[str, ...]
    customers: str
    asset_value: float


@dataclass(frozen=True)
class Mode:
    """One way of failing. `symptoms` are customers' words: Chinese ones first, the last one English."""

    line: str
    component: str
    failure_mode: str
    mechanism: str
    causes: tuple[str, ...]
    symptoms: tuple[str, ...]
    part: str | None = None
    part_cost: float = 0.0
    subsystem: str = ""


@dataclass(frozen=True)
class Wear(Mode):
    """A component with a life: Weibull with `shape` and `scale` (usage units of the line) between replacements."""

    shape: float = 1.0
    scale: float = 1.0
    hard: bool = False


@dataclass(frozen=True)
class Event(Mode):
    """Something that strikes at a constant rate per unit in service; `weight` is its share among such events.

    `summer` adds demand in July over January, `ends_after_days` is the e-folding time of a demand that dies out,
    `action` names the corrective action that is taken against it.
    """

    weight: float = 1.0
    relevant: bool = True
    summer: float = 0.0
    dies_out_days: float | None = None
    action: str | None = None


REGIONS = (
    Region("east", "华东 East", 0.30, ("上海", "南京", "杭州", "苏州", "宁波", "合肥")),
    Region("north", "华北 North", 0.22, ("北京", "天津", "石家庄", "太原", "济南")),
    Region("south", "华南 South", 0.18, ("广州", "深圳", "佛山", "南宁", "厦门")),
    Region("southwest", "西南 Southwest", 0.12, ("成都", "重庆", "昆明", "贵阳"), slowness=1.5),
    Region("central", "华中 Central", 0.10, ("武汉", "长沙", "郑州", "南昌")),
    Region("northwest", "西北 Northwest", 0.08, ("西安", "兰州", "乌鲁木齐", "银川")),
)
SLOW_REGION = 3

LINES = (
    Line("brake", "制动系统 Brake systems", "BR", 0.22, "km", 380, ("BR-200", "BR-260", "BR-300E"), "transit", 4e5),
    Line("door", "车门系统 Door systems", "DR", 0.20, "cycles", 900, ("DR-6A", "DR-8", "DR-8S"), "transit", 1.5e5),
    Line("office", "办公设备 Office machines", "OF", 0.26, "copies", 600, ("MX-3050", "MX-4070", "DP-C256"), "office", 3e4),
    Line("medical", "医疗设备 Medical devices", "MD", 0.14, "hours", 10, ("CT-64", "DR-X5", "MR-1.5"), "hospital", 3e6),
    Line("hvac", "暖通空调 HVAC", "HV", 0.18, "hours", 12, ("AC-120", "AC-200V", "CH-500"), "any", 8e4),
)  # fmt: skip

_AGE = ("自然磨损 Normal wear", "保养不足 Lack of maintenance")
_FIT = ("装配不良 Poor assembly", "材料缺陷 Material defect")
_ENV = ("环境潮湿 Humidity", "粉尘 Dust ingress")
_USE = ("操作不当 Misuse", "供电波动 Power fluctuation")

WEAR = (
    Wear("brake", "制动阀 Brake valve", "漏气 Air leak", "密封老化 Seal ageing", _AGE + _FIT,
         ("制动缸压力上不去，有漏气声", "停放制动缓解慢，疑似漏风", "司机反映制动阀处嘶嘶漏气", "Brake pressure drops, air leak at valve"),
         "BR-1001", 2600, "制动控制 Brake control", 2.4, 420_000),
    Wear("brake", "空压机 Air compressor", "打风慢 Slow charging", "磨损 Wear", _AGE + _ENV,
         ("空压机打风时间长，总风压力低", "打风泵异响，温度高", "总风压力建立慢", "Compressor runs too long, low main pressure"),
         "BR-1002", 18_500, "风源 Air supply", 1.8, 480_000),
    Wear("brake", "闸片 Brake pad", "磨耗到限 Worn to limit", "磨损 Wear", _AGE,
         ("闸片磨到限，需更换", "检查发现闸片偏磨", "制动有尖叫声", "Brake pads at wear limit"),
         "BR-1003", 420, "基础制动 Foundation brake", 3.2, 330_000),
    Wear("brake", "制动控制单元 Brake control unit", "通信中断 Communication loss", "电子元件失效 Electronic failure", _FIT + _USE,
         ("制动控制单元通信中断，报故障码 E31", "司机屏显示 BCU 离线", "列车紧急制动后 BCU 无法复位", "BCU offline, fault code E31"),
         "BR-1004", 32_000, "制动控制 Brake control", 1.1, 620_000, hard=True),
    Wear("door", "门驱电机 Door motor", "不动作 No movement", "绕组短路 Winding short", _AGE + _USE,
         ("车门打不开，电机不转", "3 号门关门无动作", "门电机过热保护", "Door does not open, motor dead"),
         "DR-2001", 3_800, "驱动 Drive", 2.0, 950_000),
    Wear("door", "门锁 Door lock", "锁不到位 Not locked", "机械磨损 Mechanical wear", _AGE + _FIT,
         ("门锁不到位，门灯常亮", "关门后锁闭信号丢失", "隔离锁卡滞", "Door lock signal lost after closing"),
         "DR-2002", 950, "锁闭 Locking", 1.5, 1_050_000),
    Wear("door", "密封胶条 Door seal", "破损漏水 Leak", "橡胶老化 Rubber ageing", _AGE + _ENV,
         ("车门胶条破损，雨天漏水", "胶条脱落", "门缝进风大", "Door seal torn, water comes in"),
         "DR-2003", 180, "门扇 Door leaf", 2.8, 880_000),
    Wear("office", "感光鼓 Drum unit", "印件有条纹 Streaks", "感光层磨损 Coating wear", _AGE,
         ("复印件有黑条", "打印有底灰，图像发虚", "印出来有竖线", "Black streaks on copies"),
         "OF-3001", 780, "成像 Imaging", 3.0, 420_000),
    Wear("office", "定影器 Fuser", "定影不牢 Poor fusing", "加热辊老化 Heat roller ageing", _AGE + _USE,
         ("墨粉擦得掉，定影不牢", "开机报定影温度异常 C7", "定影部卡纸有异味", "Toner rubs off, fuser error C7"),
         "OF-3002", 1_650, "定影 Fusing", 2.2, 560_000),
    Wear("office", "主控板 Main board", "死机 Hang", "电子元件失效 Electronic failure", _FIT + _USE,
         ("机器开机死机，屏幕不亮", "打印中途重启", "网络口不识别", "Machine hangs at start"),
         "OF-3003", 2_900, "控制 Control", 1.1, 700_000, hard=True),
    Wear("medical", "X 射线管 X-ray tube", "打火 Arcing", "真空度下降 Loss of vacuum", _AGE + _USE,
         ("曝光时打火报错", "球管过热，扫描中断", "图像有伪影，球管异响", "Tube arcing, scan aborted"),
         "MD-4001", 286_000, "射线源 X-ray source", 2.6, 9_500, hard=True),
    Wear("medical", "探测器 Detector", "坏像素 Dead pixels", "元件老化 Component ageing", _AGE + _ENV,
         ("图像有坏点，校准不过", "探测器温度报警", "图像出现环状伪影", "Ring artefacts, detector calibration fails"),
         "MD-4002", 165_000, "成像 Imaging", 1.3, 14_000, hard=True),
    Wear("medical", "冷却泵 Cooling pump", "流量低 Low flow", "叶轮磨损 Impeller wear", _AGE + _ENV,
         ("水冷流量低报警", "冷却泵异响", "设备过温停机", "Cooling flow alarm"),
         "MD-4003", 8_900, "冷却 Cooling", 2.0, 10_500),
    Wear("hvac", "压缩机 Compressor", "不启动 Does not start", "绕组烧毁 Winding burnt", _AGE + _USE,
         ("空调不制冷，压缩机不启动", "压缩机过流跳闸", "外机震动大后停机", "Compressor trips, no cooling"),
         "HV-5001", 6_400, "制冷 Refrigeration", 2.3, 14_500, hard=True),
    Wear("hvac", "风机 Fan motor", "异响 Noise", "轴承磨损 Bearing wear", _AGE + _ENV,
         ("风机有异响，风量小", "室内机噪声大", "风机轴承卡死", "Fan noisy, low air flow"),
         "HV-5002", 1_150, "送风 Ventilation", 1.9, 12_500),
    Wear("hvac", "电磁阀 Solenoid valve", "卡滞 Stuck", "杂质卡阻 Contamination", _ENV + _FIT,
         ("电磁阀不动作，一会冷一会热", "阀体卡住，制冷时好时坏", "冷媒流量异常", "Solenoid valve stuck"),
         "HV-5003", 320, "制冷 Refrigeration", 1.2, 13_500),
)  # fmt: skip

# The component whose bad batch hides among good ones.
BAD_BATCH_COMPONENT = "制动阀 Brake valve"

EVENTS = (
    Event("brake", "速度传感器 Speed sensor", "信号丢失 Signal loss", "接插件松动 Loose connector", _FIT + _ENV,
          ("速度信号丢失，报滑行", "轴速传感器故障", "偶发速度跳变", "Speed signal lost"),
          "BR-1011", 860, "传感 Sensing", weight=5),
    Event("brake", "管路接头 Pipe fitting", "渗漏 Seepage", "振动松动 Vibration loosening", _FIT,
          ("管接头渗油渗气", "保压试验不合格", "接头处有肥皂泡", "Seepage at pipe fitting"),
          "BR-1012", 45, "管路 Piping", weight=4),
    Event("door", "防夹传感器 Anti-pinch sensor", "误报警 False alarm", "灵敏度漂移 Sensitivity drift", _FIT + _ENV,
          ("车门反复开关，防夹误报", "无障碍物也报防夹", "关门时防夹报警晚点 2 分钟", "Anti-pinch false alarm, door reopens"),
          "DR-2011", 240, "传感 Sensing", weight=13, action="effective"),
    Event("door", "门控按钮 Door push button", "失灵 Not working", "触点氧化 Contact oxidation", _ENV + _USE,
          ("开门按钮按了没反应", "按钮灯不亮", "按钮卡住", "Door button does not work"),
          "DR-2012", 130, "控制 Control", weight=4),
    Event("office", "搓纸机构 Paper feed", "卡纸 Paper jam", "摩擦系数下降 Loss of friction", _AGE + _USE,
          ("经常卡纸", "纸盘 2 进纸卡纸", "双面打印卡纸", "Frequent paper jam in tray 2"),
          "OF-3011", 95, "输纸 Paper path", weight=14, action="not_effective"),
    Event("office", "传真模块 Fax module", "无法发送 Cannot send", "电子元件失效 Electronic failure", _FIT + _USE,
          ("传真发不出去", "传真收不到，线路忙", "传真报错 #0012", "Fax cannot be sent"),
          "OF-3012", 540, "通信 Communication", weight=7, dies_out_days=200),
    Event("office", "网络设置 Network setup", "打印不出 No print", "设置错误 Wrong setting", _USE,
          ("换了电脑打印不了", "驱动装不上", "IP 改了连不上打印机", "PC cannot print after network change"),
          None, 0, "软件 Software", weight=6, relevant=False),
    Event("medical", "操作台软件 Console software", "软件报错 Software error", "软件缺陷 Software defect", ("软件缺陷 Software defect", *_USE),
          ("操作台死机，重启恢复", "图像传不到 PACS", "软件报错退出", "Console software crashed, images not sent to PACS"),
          None, 0, "软件 Software", weight=8),
    Event("medical", "扫描床 Patient table", "不能移动 Does not move", "限位开关失效 Limit switch failure", _AGE + _USE,
          ("扫描床升降不动", "床板移动有异响", "床位置误差大", "Patient table does not move"),
          "MD-4011", 2_300, "机械 Mechanics", weight=4),
    Event("hvac", "启动电容 Start capacitor", "不制冷 No cooling", "过热击穿 Breakdown by heat", _USE + _ENV,
          ("天热空调启动不了，嗡嗡响", "空调吹热风", "高温天外机不转", "No cooling in hot weather"),
          "HV-5011", 65, "电气 Electrical", weight=9, summer=6.0),
    Event("hvac", "过滤网 Air filter", "堵塞 Clogged", "积尘 Dust accumulation", _ENV,
          ("出风小，有异味", "滤网脏堵报警", "室内有霉味", "Filter clogged, weak air flow"),
          "HV-5012", 40, "送风 Ventilation", weight=5, relevant=False),
)  # fmt: skip

# Calls that report no failure; they become tickets without a fault.
REQUESTS = (
    "设备移机，请安排 Relocation of the machine", "新员工操作培训 Training for new staff",
    "申请年度检测 Annual inspection requested", "订购耗材 Order of consumables", "合同续签咨询 Contract renewal",
)  # fmt: skip

MODES: tuple[Mode, ...] = (*WEAR, *EVENTS)
LINE_KEYS = tuple(line.key for line in LINES)
LINE_OF_MODE = tuple(LINE_KEYS.index(mode.line) for mode in MODES)
