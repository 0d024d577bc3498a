/** A small handbook in six languages, and what people ask about it: the words of a question are seldom quite those of the document. */
interface Handbook {
  readonly documents: Readonly<Record<string, string>>;
  /** Each with the document that answers it. */
  readonly questions: readonly (readonly [question: string, source: string])[];
  /** Nothing answers these. */
  readonly unanswerable: readonly string[];
}

export const handbooks: Readonly<Record<string, Handbook>> = {
  zh: {
    documents: {
      'returns.zh.md':
        '# 退货政策\n\n收到商品后三十天内可以申请退货。请保留原包装，并在包裹内附上发票。\n\n## 退款\n\n仓库收到退回的商品后，五个工作日内退款到原支付账户。',
      'shipping.zh.md':
        '# 配送与运费\n\n订单在工作日当天发货。订单满三百元免运费，否则运费为十二元。\n\n## 海外配送\n\n海外订单通常需要两周送达，关税由收件人承担。',
      'password.zh.md':
        '# 账户与密码\n\n忘记密码时，请在登录页面点击“重置密码”，系统会向注册邮箱发送验证码。验证码十分钟内有效。',
      'slack.zh.md':
        '# 连接Slack\n\n在Slack管理后台创建应用，安装到工作区，然后把机器人令牌填入环境变量SLACK_BOT_TOKEN，最后重新启动服务。',
      'holiday.zh.md':
        '# 休假制度\n\n正式员工每年享有十五天年假。请假须提前一周在人事系统中提交，由直属主管审批。病假需要医院证明。',
    },
    questions: [
      ['我想退货，有什么规定？', 'returns.zh.md'],
      ['退款要多久才能到账？', 'returns.zh.md'],
      ['请问运费怎么算？', 'shipping.zh.md'],
      ['海外的订单多久能送到？', 'shipping.zh.md'],
      ['密码忘了怎么办', 'password.zh.md'],
      ['没有收到验证码', 'password.zh.md'],
      ['怎么把机器人接到Slack工作区？', 'slack.zh.md'],
      ['一年有多少天年假？', 'holiday.zh.md'],
      ['病假需要什么证明？', 'holiday.zh.md'],

      ['发票要不要放进包裹？', 'returns.zh.md'],
      ['仓库收到货后几天退款', 'returns.zh.md'],
      ['国外的关税谁来付？', 'shipping.zh.md'],
      ['重置密码的步骤', 'password.zh.md'],
      ['机器人令牌放在哪里', 'slack.zh.md'],
      ['请假提前几天申请？', 'holiday.zh.md'],
      ['谁来审批休假', 'holiday.zh.md'],
    ],
    unanswerable: ['明天天气怎么样？', '附近有什么好吃的餐厅？', '公司股票价格是多少', '打印机坏了找谁修'],
  },
  ja: {
    documents: {
      'returns.ja.md':
        '# 返品について\n\n商品の到着後三十日以内であれば返品できます。元の箱に納品書を同封して返送してください。\n\n## 返金\n\n倉庫で商品を確認してから五営業日以内に、お支払い方法へ返金します。',
      'shipping.ja.md':
        '# 配送と送料\n\nご注文は営業日であれば当日に発送します。五千円以上のお買い上げで送料は無料、それ未満は六百円です。\n\n## 海外への配送\n\n海外への配送には約二週間かかります。関税は受取人の負担です。',
      'password.ja.md':
        '# アカウントとパスワード\n\nパスワードを忘れた場合は、ログイン画面の「パスワードの再設定」を押してください。登録したメールアドレスに確認コードが届きます。',
      'slack.ja.md':
        '# Slackの接続\n\nSlackの管理画面でアプリを作成してワークスペースにインストールし、ボットトークンを環境変数SLACK_BOT_TOKENに設定してから再起動します。',
      'holiday.ja.md':
        '# 休暇制度\n\n正社員には年間二十日の有給休暇があります。休暇は一週間前までに勤怠システムから申請し、上長の承認を受けてください。',
    },
    questions: [
      ['返品したいのですが、どうすればいいですか？', 'returns.ja.md'],
      ['返金はいつされますか', 'returns.ja.md'],
      ['送料はいくらですか？', 'shipping.ja.md'],
      ['海外にも配送できますか？', 'shipping.ja.md'],
      ['パスワードを忘れてしまいました', 'password.ja.md'],
      ['確認コードが来ない', 'password.ja.md'],
      ['ﾊﾟｽﾜｰﾄﾞの再設定方法を教えてください', 'password.ja.md'],
      ['Ｓｌａｃｋのワークスペースに繋ぐには？', 'slack.ja.md'],
      ['有給は年に何日ありますか？', 'holiday.ja.md'],
      ['休暇の申請方法を教えてください', 'holiday.ja.md'],

      ['納品書は必要ですか', 'returns.ja.md'],
      ['返金までの日数は？', 'returns.ja.md'],
      ['送料が無料になる金額を知りたい', 'shipping.ja.md'],
      ['関税は誰が払うの？', 'shipping.ja.md'],
      ['ログインできない。パスワードがわからない', 'password.ja.md'],
      ['ボットのトークンはどこに設定する？', 'slack.ja.md'],
      ['休みを取るには何日前に申請すればよい？', 'holiday.ja.md'],
      ['上長の承認は必要？', 'holiday.ja.md'],
    ],
    unanswerable: [
      '明日の天気はどうですか？',
      '近くのおすすめのレストランを教えてください',
      '株価を教えて',
      'プリンターが壊れました',
    ],
  },
  ko: {
    documents: {
      'returns.ko.md':
        '# 반품 정책\n\n상품을 받은 날부터 삼십 일 이내에 반품을 신청할 수 있습니다. 원래 포장에 송장을 함께 넣어 보내 주세요.\n\n## 환불\n\n창고에서 상품을 확인한 뒤 영업일 기준 오 일 안에 결제 수단으로 환불됩니다.',
      'shipping.ko.md':
        '# 배송과 배송비\n\n주문은 영업일 당일에 출고됩니다. 오만 원 이상 주문하면 배송비가 무료이고, 그 미만은 삼천 원입니다.\n\n## 해외배송\n\n해외배송은 약 이 주가 걸리며 관세는 받는 분이 부담합니다.',
      'password.ko.md':
        '# 계정과 비밀번호\n\n비밀번호를 잊은 경우 로그인 화면에서 비밀번호 재설정을 누르세요. 등록한 이메일로 인증번호가 전송됩니다.',
      'slack.ko.md':
        '# Slack 연결\n\nSlack 관리 화면에서 앱을 만들어 워크스페이스에 설치하고, 봇 토큰을 환경 변수 SLACK_BOT_TOKEN에 설정한 다음 다시 시작합니다.',
      'holiday.ko.md':
        '# 휴가 제도\n\n정규 직원은 일 년에 십오 일의 연차휴가를 쓸 수 있습니다. 휴가는 일주일 전에 인사 시스템에서 신청하고 팀장의 승인을 받아야 합니다.',
    },
    questions: [
      ['반품하고 싶은데 어떻게 해야 하나요?', 'returns.ko.md'],
      ['환불은 언제 되나요?', 'returns.ko.md'],
      ['배송비는 얼마인가요?', 'shipping.ko.md'],
      ['해외로도 배송되나요?', 'shipping.ko.md'],
      ['비밀번호를 잊어버렸어요', 'password.ko.md'],
      ['인증번호가 안 와요', 'password.ko.md'],
      ['슬랙 말고 Slack에 봇을 연결하려면?', 'slack.ko.md'],
      ['연차는 며칠인가요?', 'holiday.ko.md'],
      ['휴가 신청은 어디에서 하나요?', 'holiday.ko.md'],

      ['송장을 같이 넣어야 하나요', 'returns.ko.md'],
      ['환불까지 며칠 걸려요?', 'returns.ko.md'],
      ['무료배송 기준이 뭐예요', 'shipping.ko.md'],
      ['관세는 누가 내나요?', 'shipping.ko.md'],
      ['로그인 비밀번호 재설정 방법', 'password.ko.md'],
      ['봇 토큰은 어디에 설정해요?', 'slack.ko.md'],
      ['휴가는 며칠 전에 신청해야 하나요', 'holiday.ko.md'],
      ['팀장님 승인이 필요한가요', 'holiday.ko.md'],
    ],
    unanswerable: ['내일 날씨가 어때요?', '근처에 맛있는 식당이 있나요?', '주식 가격 알려 주세요', '프린터가 고장났어요'],
  },
  th: {
    documents: {
      'returns.th.md':
        '# นโยบายการคืนสินค้า\n\nคุณสามารถคืนสินค้าได้ภายในสามสิบวันหลังจากได้รับสินค้า โปรดใส่ใบแจ้งหนี้ไว้ในกล่องเดิม\n\n## การคืนเงิน\n\nเมื่อคลังสินค้าตรวจสอบแล้ว เราจะโอนเงินคืนภายในห้าวันทำการ',
      'shipping.th.md':
        '# การจัดส่งและค่าจัดส่ง\n\nเราจัดส่งในวันทำการเดียวกัน คำสั่งซื้อเกินห้าร้อยบาทจัดส่งฟรี นอกนั้นค่าจัดส่งห้าสิบบาท\n\n## ต่างประเทศ\n\nการจัดส่งไปต่างประเทศใช้เวลาประมาณสองสัปดาห์ ผู้รับต้องชำระภาษีศุลกากร',
      'password.th.md': '# บัญชีและรหัสผ่าน\n\nหากลืมรหัสผ่าน ให้กดปุ่มตั้งรหัสผ่านใหม่ในหน้าเข้าสู่ระบบ ระบบจะส่งรหัสยืนยันไปยังอีเมลที่ลงทะเบียนไว้',
      'slack.th.md':
        '# การเชื่อมต่อ Slack\n\nสร้างแอปในหน้าผู้ดูแลของ Slack ติดตั้งลงในพื้นที่ทำงาน แล้วใส่โทเค็นของบอตในตัวแปร SLACK_BOT_TOKEN จากนั้นเริ่มระบบใหม่',
      'holiday.th.md':
        '# การลาพักร้อน\n\nพนักงานประจำมีวันลาพักร้อนปีละสิบวัน ต้องยื่นคำขอลาล่วงหน้าหนึ่งสัปดาห์ และหัวหน้างานต้องอนุมัติ การลาป่วยต้องมีใบรับรองแพทย์',
    },
    questions: [
      ['ฉันอยากคืนสินค้าต้องทำอย่างไร', 'returns.th.md'],
      ['จะได้เงินคืนเมื่อไหร่', 'returns.th.md'],
      ['ค่าจัดส่งเท่าไหร่', 'shipping.th.md'],
      ['ส่งไปต่างประเทศได้ไหม', 'shipping.th.md'],
      ['ลืมรหัสผ่านทำอย่างไรดี', 'password.th.md'],
      ['ไม่ได้รับรหัสยืนยัน', 'password.th.md'],
      ['เชื่อมต่อบอตกับ Slack อย่างไร', 'slack.th.md'],
      ['ลาพักร้อนได้กี่วัน', 'holiday.th.md'],
      ['ลาป่วยต้องใช้เอกสารอะไร', 'holiday.th.md'],

      ['ต้องใส่ใบแจ้งหนี้ในกล่องไหม', 'returns.th.md'],
      ['โอนเงินคืนกี่วัน', 'returns.th.md'],
      ['ซื้อเท่าไหร่ถึงจัดส่งฟรี', 'shipping.th.md'],
      ['ใครจ่ายภาษีศุลกากร', 'shipping.th.md'],
      ['ตั้งรหัสผ่านใหม่', 'password.th.md'],
      ['ใส่โทเค็นของบอตที่ไหน', 'slack.th.md'],
      ['ขอลาล่วงหน้ากี่วัน', 'holiday.th.md'],
      ['ใครอนุมัติการลา', 'holiday.th.md'],
    ],
    unanswerable: ['พรุ่งนี้อากาศเป็นอย่างไร', 'แถวนี้มีร้านอาหารอร่อยไหม', 'ราคาหุ้นวันนี้', 'เครื่องพิมพ์เสีย'],
  },
  de: {
    documents: {
      'returns.de.md':
        '# Rückgabe\n\nWare kann innerhalb von dreißig Tagen zurückgeschickt werden. Bitte legen Sie die Rechnung in den Originalkarton.\n\n## Erstattung\n\nSobald das Lager die Ware geprüft hat, erstatten wir den Betrag innerhalb von fünf Werktagen.',
      'shipping.de.md':
        '# Versand und Versandkosten\n\nBestellungen gehen am selben Werktag hinaus. Ab fünfzig Euro ist der Versand kostenlos, sonst kostet er fünf Euro.',
      'password.de.md':
        '# Konto und Passwort\n\nWer sein Passwort vergessen hat, klickt auf der Anmeldeseite auf „Passwort zurücksetzen“ und bekommt einen Bestätigungscode per E-Mail.',
      'holiday.de.md':
        '# Urlaub\n\nFestangestellte haben dreißig Urlaubstage im Jahr. Urlaub wird eine Woche vorher beantragt und von der Teamleitung genehmigt.',
    },
    questions: [
      ['Wann wird mir der Betrag erstattet?', 'returns.de.md'],
      ['Was kostet der Versand?', 'shipping.de.md'],
      ['Ich habe mein Passwort vergessen', 'password.de.md'],
      ['Wie viele Urlaubstage gibt es?', 'holiday.de.md'],
    ],
    unanswerable: ['Wie wird morgen das Wetter?'],
  },
  en: {
    documents: {
      'returns.en.md':
        '# Returns\n\nYou may send goods back within thirty days. Please put the invoice into the original box.\n\n## Refunds\n\nOnce the warehouse has checked the goods, we refund the money within five working days.',
      'shipping.en.md':
        '# Shipping\n\nOrders leave on the same working day. Shipping is free above fifty euros and costs five euros below.',
      'password.en.md':
        '# Account and password\n\nIf you have forgotten your password, press "Reset password" on the sign-in page. A code is sent to your email address.',
      'holiday.en.md':
        '# Holidays\n\nPermanent staff have twenty-five days of leave a year. Ask a week ahead; the team lead approves it.',
    },
    questions: [
      ['When do I get my refund?', 'returns.en.md'],
      ['What does shipping cost?', 'shipping.en.md'],
      ['I forgot my password', 'password.en.md'],
      ['How many days of leave do we have?', 'holiday.en.md'],
    ],
    unanswerable: ['What will the weather be like tomorrow?'],
  },
};
